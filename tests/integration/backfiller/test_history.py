"""History: real ccxt, a real simulator, a real database; what is stored is what the exchange has, no more, no less."""

from datetime import UTC, datetime

import pytest

from shared.market import Interval, Series
from tests.integration.backfiller.rig import Exchange, Place, Simulate

BTC = Series("binance", "BTC/USDT", "1m")
MINUTE, DAY = 60_000, 86_400_000


def ago(milliseconds: int, exchange: Exchange) -> int:
    """A whole minute so long ago."""
    return int(BTC.floor(exchange.now() - milliseconds))


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def test_what_is_fetched_is_exactly_what_the_exchange_has(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "4")
    hourly = Series("binance", "ETH/USDT", "1h")
    place.configure(exchange, {"days": 3}, {"symbol": "ETH/USDT", "timeframe": "1h", "days": 3})
    assert place.fetch() == 0
    for series, least in ((BTC, 4319), (hourly, 71)):
        (known,) = place.covered(series)
        rows = place.rows(series)
        assert rows == exchange.truth(series, known)
        assert len(rows) >= least
        assert rows[-1][0] + series.step <= exchange.now()
        status = place.status(series)
        assert (status.status, status.candles, status.refused) == ("collecting", len(rows), 0)
        assert status.watermark == rows[-1][0]


def test_what_is_covered_is_never_asked_for_again(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "4")
    place.configure(exchange, {"days": 2})
    assert place.fetch() == 0
    (known,), before = place.covered(BTC), exchange.log(since=0)[-1]["n"]
    assert place.fetch() == 0
    asked = exchange.log(since=before)
    assert all(int(request["query"]["startTime"]) >= known.end for request in asked)
    assert len(asked) <= 2


def test_an_outage_longer_than_a_page_is_crossed_in_a_few_requests(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "10")
    start, end = ago(8 * DAY, exchange) + 1234 * MINUTE, ago(1 * DAY, exchange) + 77 * MINUTE
    exchange.ask("/control/outage", {"symbol": "BTCUSDT", "start": start, "end": end})
    place.configure(exchange, {"days": 9}, backfill="page_candles = 100")
    assert place.fetch() == 0
    (known,) = place.covered(BTC)
    rows = place.rows(BTC)
    assert rows == exchange.truth(BTC, known)
    assert not [row for row in rows if start <= row[0] < end]
    pages_with_candles = (known.end - known.start - (end - start)) // (100 * MINUTE)
    assert (end - start) // (100 * MINUTE) > 80
    assert len(exchange.log()) <= pages_with_candles + 15


def test_history_from_before_a_market_began_is_confirmed_empty_at_once(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 400})
    assert place.fetch() == 0
    (known,) = place.covered(BTC)
    assert known.end - known.start > 399 * DAY
    assert place.rows(BTC) == exchange.truth(BTC, known)
    assert len(exchange.log()) < 20


def test_a_series_with_an_end_is_fetched_to_its_end(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "4")
    start, end = ago(3 * DAY, exchange), ago(2 * DAY, exchange)
    place.configure(exchange, {"start": iso(start), "end": iso(end)})
    assert place.fetch() == 0
    assert place.covered(BTC) == [Interval(start, end)]
    assert place.rows(BTC) == exchange.truth(BTC, Interval(start, end))


def test_two_windows_that_were_lost_are_mended(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "4")
    place.configure(exchange, {"days": 3})
    assert place.fetch() == 0
    (known,), rows = place.covered(BTC), place.rows(BTC)
    holes = [Interval(known.start + 500 * MINUTE, known.start + 620 * MINUTE)]
    holes.append(Interval(known.start + 3000 * MINUTE, known.start + 3001 * MINUTE))
    with place.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM series_coverage")
        edges = [known.start, *(edge for hole in holes for edge in hole), known.end]
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            connection.exec_driver_sql(
                "INSERT INTO series_coverage VALUES (?, ?, ?, ?, ?, ?)", (*BTC.key, left, right, 0)
            )
        for hole in holes:
            connection.exec_driver_sql("DELETE FROM ohlcv_data WHERE timestamp >= ? AND timestamp < ?", tuple(hole))
    before = exchange.log()[-1]["n"]
    assert place.fetch() == 0
    assert place.rows(BTC)[: len(rows)] == rows
    asked = [int(request["query"]["startTime"]) for request in exchange.log(since=before)]
    assert [start for start in asked if start < known.end] == [hole.start for hole in holes]


@pytest.mark.parametrize("page", [1, 7, 1000])
def test_the_size_of_a_page_changes_nothing(simulate: Simulate, place: Place, page: int) -> None:
    exchange = simulate("--days", "1")
    start = ago(120 * MINUTE, exchange)
    exchange.ask("/control/outage", {"symbol": "BTCUSDT", "start": start + 20 * MINUTE, "end": start + 40 * MINUTE})
    place.configure(exchange, {"start": iso(start)}, backfill=f"page_candles = {page}")
    assert place.fetch() == 0
    (known,) = place.covered(BTC)
    assert place.rows(BTC) == exchange.truth(BTC, known)
    assert known.start == start
