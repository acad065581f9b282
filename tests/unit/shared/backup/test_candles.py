"""What the change log says of the candle table."""

from typing import Any

from shared.backup.candles import Change, Move, Revision, arrived, before, by_hand, moves
from shared.market import Interval

BTC = ("binance", "BTC/USDT", "1m")
ETH = ("binance", "ETH/USDT", "1m")


def coverage(at_us: int, operation: str, start: int, end: int, series: tuple[str, str, str] = BTC) -> Change:
    row: dict[str, Any] = {**dict(zip(("exchange", "symbol", "timeframe"), series, strict=True))}
    return Change(at_us, at_us, "series_coverage", operation, {**row, "start": start, "end": end, "candles": 0})


def month(at_us: int, operation: str, pruned_until: int) -> Change:
    row = dict(zip(("exchange", "symbol", "timeframe"), BTC, strict=True))
    return Change(
        at_us, at_us, "archive_months", operation, {**row, "start": 0, "end": 100, "pruned_until": pruned_until}
    )


def candle(at_us: int, operation: str, price: float) -> Change:
    row = dict(zip(("exchange", "symbol", "timeframe"), BTC, strict=True))
    values = dict.fromkeys(("open", "high", "low", "close"), price)
    return Change(at_us, at_us, "ohlcv_data", operation, {**row, "timestamp": 60, **values, "volume": 1.0})


def test_a_lengthened_interval_brings_what_is_new_of_it() -> None:
    log = [coverage(5, "delete", 0, 100), coverage(5, "insert", 0, 160)]
    assert list(moves(log)) == [Move(5, BTC, "came", Interval(100, 160))]


def test_intervals_that_are_joined_bring_only_what_lay_between() -> None:
    log = [coverage(5, "delete", 0, 100), coverage(5, "delete", 200, 300), coverage(5, "insert", 0, 300)]
    assert list(moves(log)) == [Move(5, BTC, "came", Interval(100, 200))]


def test_an_interval_that_was_made_and_joined_in_one_transaction_came_once() -> None:
    log = [coverage(5, "insert", 0, 50), coverage(5, "delete", 0, 50), coverage(5, "insert", 0, 100)]
    assert list(moves(log)) == [Move(5, BTC, "came", Interval(0, 100))]


def test_a_recount_brings_nothing() -> None:
    assert list(moves([coverage(5, "delete", 0, 100), coverage(5, "insert", 0, 100)])) == []


def test_what_is_uncovered_brings_nothing_and_stays_in_the_table() -> None:
    assert list(moves([coverage(5, "delete", 0, 100), coverage(5, "insert", 0, 40)])) == []


def test_each_series_and_each_transaction_is_its_own() -> None:
    log = [coverage(5, "insert", 0, 10), coverage(5, "insert", 0, 20, ETH), coverage(6, "insert", 30, 40)]
    assert list(moves(log)) == [
        Move(5, BTC, "came", Interval(0, 10)),
        Move(5, ETH, "came", Interval(0, 20)),
        Move(6, BTC, "came", Interval(30, 40)),
    ]


def test_a_pruned_part_of_a_month_leaves_and_comes_back() -> None:
    log = [month(1, "delete", 0), month(1, "insert", 50), month(2, "delete", 50), month(2, "insert", 20)]
    assert list(moves(log)) == [Move(1, BTC, "left", Interval(0, 50)), Move(2, BTC, "came", Interval(20, 50))]


def test_a_month_that_is_first_heard_of_moves_nothing() -> None:
    assert list(moves([month(1, "insert", 0)])) == []


def test_all_that_came_is_joined_by_series() -> None:
    found = [
        Move(1, BTC, "came", Interval(0, 10)),
        Move(2, BTC, "came", Interval(10, 20)),
        Move(3, BTC, "left", Interval(0, 5)),
    ]
    assert arrived(found) == {BTC: [Interval(0, 20)]}


def test_a_candle_changed_by_hand_goes_and_comes_as_another() -> None:
    old, new = (1.0, 1.0, 1.0, 1.0, 1.0), (2.0, 2.0, 2.0, 2.0, 1.0)
    log = [candle(7, "delete", 1.0), candle(7, "insert", 2.0), coverage(8, "insert", 0, 10)]
    assert list(by_hand(log)) == [Revision(7, BTC, 60, old, None), Revision(7, BTC, 60, None, new)]


def test_before_several_revisions_a_candle_was_what_the_first_of_them_replaced() -> None:
    one, two, three = ((price, price, price, price, 1.0) for price in (1.0, 2.0, 3.0))
    later = [Revision(7, BTC, 60, one, two), Revision(8, BTC, 60, two, three), Revision(9, ETH, 60, None, one)]
    assert before(later) == {(BTC, 60): one, (ETH, 60): None}
