"""What becomes of an order on paper, ticker by ticker."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config import PaperSettings
from shared.market import Level, OrderBook, Ticker
from shared.trading import Books, Fill, OpenOrder, Position, Report, Side, Status, plain
from tests.unit.trader.paper.market import MARKET, PLAIN, at_market, on, order, tick
from trader.paper.matching import Matching, Traded, match, walk


def plenty(_at: int) -> None:
    """Nobody knows how much traded."""


def so_much(amount: str) -> Traded:
    """The same in every minute."""
    return lambda _at: D(amount)


def told(report: Report | None) -> tuple[str, list[tuple[str, str, str]]]:
    """Status and fills in short."""
    assert report is not None
    return report.status.value, [(plain(f.amount), plain(f.price), f.liquidity) for f in report.fills]


def test_an_order_at_the_market_fills_at_the_first_ticker_that_comes() -> None:
    found = match(at_market(order()), [tick("99", "100"), tick("119", "120", 2)], plenty)
    assert told(found) == ("filled", [("2", "100", "taker")])


def test_no_ticker_no_news() -> None:
    assert match(at_market(order()), [], plenty) is None


def test_a_limit_that_crosses_on_arrival_takes_at_the_market() -> None:
    assert told(match(at_market(order(limit="101")), [tick("99", "100")], plenty)) == (
        "filled",
        [("2", "100", "taker")],
    )
    sale = match(at_market(order(Side.SELL, limit="98")), [tick("99", "100")], plenty)
    assert told(sale) == ("filled", [("2", "99", "taker")])


def test_a_limit_that_does_not_cross_comes_to_rest() -> None:
    found = match(at_market(order(limit="98")), [tick("99", "100")], plenty)
    assert told(found) == ("open", [])
    assert found is not None
    assert found.checked_at_us == 1_000_000


def test_a_resting_buy_is_filled_at_its_limit_when_the_ask_has_come_below_it_and_not_when_it_touches() -> None:
    resting = at_market(order(limit="98"), Status.OPEN)
    assert match(resting, [tick("97", "98"), tick("97.99", "98", 2)], plenty) is None
    assert told(match(resting, [tick("97", "97.99")], plenty)) == ("filled", [("2", "98", "maker")])


def test_a_resting_sale_is_filled_at_its_limit_when_the_bid_has_come_above_it() -> None:
    resting = at_market(order(Side.SELL, limit="105"), Status.OPEN)
    assert match(resting, [tick("105", "105.01")], plenty) is None
    assert told(match(resting, [tick("105.01", "105.02")], plenty)) == ("filled", [("2", "105", "maker")])


def test_a_last_price_beyond_the_limit_is_no_proof_for_it_may_be_from_before_the_order() -> None:
    stale = replace(tick("99", "100"), last=D(90))
    assert match(at_market(order(limit="98"), Status.OPEN), [stale], plenty) is None


def test_more_than_the_share_of_a_minutes_volume_is_filled_over_several_tickers() -> None:
    half = PLAIN.model_copy(update={"volume_share": D("0.5")})
    seconds = [tick("99", str(100 + second), second) for second in (1, 30, 61, 90, 122)]
    found = match(at_market(order(amount="2"), paper=half), seconds, so_much("1.6"))
    assert told(found) == ("filled", [("0.8", "101", "taker"), ("0.8", "161", "taker"), ("0.4", "222", "taker")])


def test_what_is_not_filled_yet_is_filled_in_part() -> None:
    found = match(at_market(order()), [tick("99", "100")], so_much("1.5"))
    assert told(found) == ("partially_filled", [("1.5", "100", "taker")])


def test_what_was_booked_within_the_minute_counts_against_the_share() -> None:
    waiting = OpenOrder(order(), Status.PARTIALLY_FILLED, D("1.5"))
    later = replace(at_market(order()), waiting=waiting, booked=[(D("1.5"), 1_000_000)])
    assert match(later, [tick("99", "100", 31)], so_much("1.5")) is None
    found = match(later, [tick("99", "100", 61)], so_much("1.5"))
    assert told(found) == ("filled", [("0.5", "100", "taker")])
    assert found is not None
    assert found.fills[0].trade_id == "c1-2"


def test_a_volume_of_less_than_a_lot_fills_nothing() -> None:
    assert match(at_market(order()), [tick("99", "100")], so_much("0.000009")) is None


def test_what_the_volume_leaves_of_a_limit_that_crossed_rests_at_its_limit() -> None:
    found = match(at_market(order(limit="101")), [tick("99", "100"), tick("99", "101", 70)], so_much("1.5"))
    assert told(found) == ("partially_filled", [("1.5", "100", "taker")])
    found = match(at_market(order(limit="101")), [tick("99", "100"), tick("99", "100.99", 70)], so_much("1.5"))
    assert told(found) == ("filled", [("1.5", "100", "taker"), ("0.5", "101", "maker")])


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"minimum_amount": D(3)}, "lot size"),
        ({"maximum_amount": D(1)}, "lot size"),
        ({"amount_step": D("1.5")}, "lot size"),
        ({"minimum_cost": D("200.01")}, "notional"),
    ],
)
def test_an_order_that_breaks_a_rule_is_rejected_when_it_arrives(rules: dict[str, D], reason: str) -> None:
    found = match(on(at_market(order()), **rules), [tick("99", "100")], plenty)
    assert found is not None
    assert found.status is Status.REJECTED
    assert found.reason.startswith(reason)


def test_a_buy_is_rejected_unless_all_of_it_can_be_paid_for_at_its_limit() -> None:
    poor = Books(D("100.09"), Position())
    assert told(match(at_market(order(amount="1", limit="99"), books=poor), [tick("99", "100")], plenty))[0] == "open"
    found = match(at_market(order(amount="1", limit="100"), books=poor), [tick("98", "99")], plenty)
    assert found is not None
    assert (found.status, found.reason) == (
        Status.REJECTED,
        "insufficient funds: it costs 100.100 USDT, there are 100.09",
    )


def test_the_rest_is_taken_back_when_the_price_has_run_away_from_the_cash() -> None:
    tight = Books(D(210), Position())
    found = match(at_market(order(), books=tight), [tick("99", "100"), tick("149", "150", 70)], so_much("1"))
    assert found is not None
    assert (found.status, len(found.fills)) == (Status.CANCELLED, 1)
    assert found.reason.startswith("insufficient funds")


def test_after_many_tickers_that_gave_nothing_it_is_kept_that_they_were_looked_at() -> None:
    quiet = [tick("99", "100", second) for second in range(1, 51)]
    resting = at_market(order(limit="98"), Status.OPEN)
    assert match(resting, quiet[:49], plenty) is None
    found = match(resting, quiet, plenty)
    assert found is not None
    assert (found.status, found.checked_at_us) == (Status.OPEN, 50_000_000)


BOOK = OrderBook(
    "binance",
    "BTC/USDT",
    bids=(Level(D(99), D(1)), Level(D(98), D("0.5"))),
    asks=(Level(D(100), D(1)), Level(D(101), D("0.500009")), Level(D(103), D(2))),
)


def test_an_order_at_the_market_takes_level_by_level_in_whole_lots() -> None:
    assert told(walk(at_market(order()), BOOK, 7)) == (
        "filled",
        [("1", "100", "taker"), ("0.5", "101", "taker"), ("0.5", "103", "taker")],
    )


def test_what_the_book_does_not_hold_is_taken_back() -> None:
    found = walk(at_market(order(Side.SELL)), BOOK, 7)
    assert told(found) == ("cancelled", [("1", "99", "taker"), ("0.5", "98", "taker")])
    assert found.reason == "the order book ended"


def test_a_limit_takes_up_to_its_price_and_the_rest_of_it_rests() -> None:
    assert told(walk(at_market(order(limit="101")), BOOK, 7)) == (
        "partially_filled",
        [("1", "100", "taker"), ("0.5", "101", "taker")],
    )
    assert told(walk(at_market(order(limit="99.5")), BOOK, 7)) == ("open", [])


def test_an_empty_side_refuses_an_order_at_the_market() -> None:
    found = walk(at_market(order(Side.SELL)), replace(BOOK, bids=()), 7)
    assert (found.status, found.reason) == (Status.REJECTED, "nobody stands in the order book on the other side")


def test_a_book_that_costs_more_than_the_cash_fills_nothing() -> None:
    found = walk(at_market(order(), books=Books(D("201.5"), Position())), BOOK, 7)
    assert told(found) == ("rejected", [])
    assert "insufficient funds" in found.reason


PRICES = st.integers(min_value=1, max_value=20_000).map(lambda ticks: D(ticks) / 100)
SMALL = st.integers(min_value=0, max_value=500_000).map(lambda lots: D(lots) / 100_000)


@st.composite
def markets(draw: st.DrawFn) -> list[Ticker]:
    lows = draw(st.lists(st.tuples(PRICES, SMALL), min_size=1, max_size=12))
    return [tick(str(low), str(low + wide), 20 * (at + 1)) for at, (low, wide) in enumerate(lows)]


@st.composite
def scenes(draw: st.DrawFn) -> Matching:
    side = draw(st.sampled_from([Side.BUY, Side.SELL]))
    amount = draw(st.integers(min_value=1, max_value=1_000_000).map(lambda lots: D(lots) / 100_000))
    limit = draw(st.none() | PRICES)
    rules = replace(
        MARKET,
        fee_side=draw(st.sampled_from(["quote", "base", "received"])),
        minimum_cost=D(0),
        maker_fee=draw(st.sampled_from([D("-0.0001"), D(0), D("0.0012")])),
    )
    paper = PaperSettings(
        slippage=draw(st.sampled_from([D(0), D("0.0007")])),
        spread=draw(st.sampled_from([D(0), D("0.001")])),
        volume_share=draw(st.sampled_from([D(1), D("0.25")])),
        fee=draw(st.sampled_from([None, D("0.003")])),
    )
    held = Position(draw(SMALL) * 2)
    books = Books(draw(PRICES) * 10, held)
    wanted = order(side, str(amount), None if limit is None else str(limit))
    return Matching(OpenOrder(wanted), rules, books, paper)


def booked_in_steps(scene: Matching, tickers: Sequence[Ticker], traded: Traded) -> tuple[list[Fill], OpenOrder, Books]:
    """Look after each ticker, and book what came, as the trader does."""
    fills: list[Fill] = []
    waiting, books = scene.waiting, scene.books
    for ticker in tickers:
        known = [(fill.amount, fill.executed_at_us) for fill in fills]
        now = Matching(waiting, scene.market, books, scene.paper, known)
        report = match(now, [ticker], traded)
        if report is None:
            continue
        for fill in report.fills:
            fills.append(fill)
            books = books.after(fill)
        waiting = replace(waiting, status=report.status, filled=sum((fill.amount for fill in fills), D(0)))
        if report.status.is_done:
            break
    return fills, waiting, books


@given(scenes(), markets(), st.none() | SMALL)
def test_never_more_than_ordered_never_beyond_the_limit_never_below_nothing(
    scene: Matching, tickers: list[Ticker], traded: D | None
) -> None:
    fills, waiting, books = booked_in_steps(scene, tickers, lambda _at: traded)
    wanted = waiting.order
    assert sum(fill.amount for fill in fills) <= wanted.amount
    assert (waiting.status is Status.FILLED) == (sum(fill.amount for fill in fills) == wanted.amount)
    assert books.cash >= 0
    assert books.position.amount >= 0
    assert [fill.trade_id for fill in fills] == [f"c1-{number + 1}" for number in range(len(fills))]
    for fill in fills:
        assert fill.amount % scene.market.amount_step == 0
        assert wanted.limit_price is None or (wanted.limit_price - fill.price) * wanted.side.sign >= 0


@given(scenes(), markets(), st.none() | SMALL)
def test_one_look_at_many_tickers_gives_the_same_fills_as_a_look_at_each(
    scene: Matching, tickers: list[Ticker], traded: D | None
) -> None:
    stepwise, waiting, _ = booked_in_steps(scene, tickers, lambda _at: traded)
    report = match(scene, tickers, lambda _at: traded)
    assert list(report.fills if report else ()) == stepwise
    assert (report.status if report else Status.NEW) is waiting.status


@given(scenes(), markets(), SMALL)
def test_no_minute_gives_an_order_more_than_its_share(scene: Matching, tickers: list[Ticker], traded: D) -> None:
    fills, _, _ = booked_in_steps(scene, tickers, lambda _at: traded)
    for last in fills:
        minute = [f.amount for f in fills if last.executed_at_us - 60_000_000 < f.executed_at_us <= last.executed_at_us]
        assert sum(minute) <= traded * scene.paper.volume_share
