"""What a series' ledger comes to, as arithmetic on values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.candles.account import Account, Choice, account, accounts, slots, unbegun, wanted_parts
from shared.candles import SeriesStatus
from shared.candles.ledger import Ledger, Unreachable
from shared.config import SeriesSettings
from shared.market import Interval, Series, merge

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("binance", "ETH/USDT", "1m")
STEP = BTC.step


def ledger(*covered: Interval, lost: tuple[Interval, ...] = (), rows: int = 0) -> Ledger:
    status = SeriesStatus(BTC, "collecting", "", None, None, rows, len(covered), 0)
    return Ledger(status, None, None, covered, tuple(Unreachable(part, "too old") for part in lost))


def part(start: int, end: int) -> Interval:
    return Interval(start * STEP, end * STEP)


def test_missing_is_what_is_wanted_and_neither_covered_nor_out_of_reach() -> None:
    found = account(ledger(part(10, 20), part(30, 40), lost=(part(0, 5),)), part(0, 45), now=50 * STEP)
    assert found.gaps == (part(5, 10), part(20, 30), part(40, 45))
    assert (found.missing, found.unreachable_candles) == (20, 5)


def test_what_is_covered_and_has_no_row_is_confirmed_empty() -> None:
    assert account(ledger(part(10, 20), part(30, 40), rows=17), part(0, 40), now=50 * STEP).confirmed_empty == 3


def test_of_a_series_that_nobody_wants_any_more_only_the_holes_inside_are_missing() -> None:
    found = account(ledger(part(10, 20), part(30, 40), lost=(part(20, 22),)), None, now=90 * STEP)
    assert found.gaps == (part(22, 30),)


def test_nothing_is_missing_of_a_series_that_wants_nothing_yet() -> None:
    assert account(ledger(), part(40, 40), now=40 * STEP).gaps == ()


def test_a_series_that_is_wanted_and_not_begun_is_listed_as_empty() -> None:
    (found,) = accounts([], {ETH: part(0, 10)}, Choice(), now=20 * STEP)
    assert (found.series, found.state, found.rows, found.missing) == (ETH, "empty", 0, 10)


@pytest.mark.parametrize(
    ("choice", "held"),
    [
        (Choice(), True),
        (Choice("binance"), True),
        (Choice("kraken"), False),
        (Choice(symbol="BTC/USDT", timeframe="1m"), True),
        (Choice(symbol="BTC/USDT", timeframe="1h"), False),
    ],
)
def test_a_choice_holds_the_series_that_agree_in_what_is_given(choice: Choice, held: bool) -> None:
    assert (BTC in choice) is held


def test_what_exchanges_may_still_add_to_is_not_wanted_yet() -> None:
    section = SeriesSettings(exchange="binance", symbol="BTC/USDT", timeframe="1m", days=1)
    now = 2 * 86_400_000 + 30_500
    assert wanted_parts([section], {"binance": 120_000}, 7, now) == {BTC: part(1440, 2878)}


parts = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda at: part(at[0], at[0] + at[1]))


@given(st.lists(parts, max_size=6), st.lists(parts, max_size=4), parts)
def test_every_wanted_candle_is_covered_out_of_reach_or_missing(
    covered: list[Interval], lost: list[Interval], wanted: Interval
) -> None:
    found: Account = account(ledger(*merge(covered), lost=tuple(merge(lost))), wanted, now=100 * STEP)
    for at in range(wanted.start, wanted.end, STEP):
        known = any(each.start <= at < each.end for each in covered + lost)
        assert known is not any(gap.start <= at < gap.end for gap in found.gaps)
    assert found.missing == slots(found.gaps, STEP)


def test_the_size_grows_with_the_rows() -> None:
    assert account(ledger(rows=10), None, 0).size_bytes == 10 * account(ledger(rows=1), None, 0).size_bytes > 0
    assert account(unbegun(BTC), None, 0).size_bytes == 0
