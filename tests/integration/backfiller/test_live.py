"""The present: the service as a process of its own, told to stop by a signal."""

import json
import signal
from decimal import Decimal
from itertools import pairwise

from shared.market import Interval, Series
from tests.integration.backfiller.rig import DEADLINE, Place, Simulate, until

SECONDS = Series("binance", "BTC/USDT", "1s")


def test_candles_arrive_as_they_close_and_never_before(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1", "--seconds-days", "1")
    place.configure(exchange, {"timeframe": "1s", "days": 0.01}, {"days": 0.01})
    process = place.start()
    until("the first candles", lambda: place.rows(SECONDS))
    first = place.status(SECONDS).watermark
    assert first is not None

    def newest() -> int:
        """The newest stored candle, which must be closed by the exchange's clock, read afterwards."""
        watermark = place.status(SECONDS).watermark
        assert watermark is not None
        assert watermark + 1_000 <= exchange.now()
        return watermark

    until("four more candles", lambda: newest() >= first + 4_000)
    until("a healthy report", lambda: json.loads((place.directory / "health.json").read_text())["healthy"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    known = place.covered(SECONDS)
    rows = place.rows(SECONDS)
    assert rows == [row for part in known for row in exchange.truth(SECONDS, part)]
    assert "Traceback" not in place.log.read_text()


def test_a_candle_that_is_published_late_does_not_become_a_hole(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1", "--seconds-days", "1")
    exchange.fault(kind="late_candles", ms=2_500)
    place.configure(exchange, {"timeframe": "1s", "days": 0.001})
    process = place.start()
    until("the first candles", lambda: place.rows(SECONDS))
    first = place.rows(SECONDS)[-1][0]
    until("six more candles", lambda: place.rows(SECONDS)[-1][0] >= first + 6_000)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    exchange.clear()
    (known,) = place.covered(SECONDS)
    rows = place.rows(SECONDS)
    assert rows == exchange.truth(SECONDS, known)
    assert known.end == rows[-1][0] + 1_000


def test_an_exchange_clock_that_is_behind_ours_decides_what_is_closed(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1", "--seconds-days", "1", "--fault", "kind=clock_offset,ms=-3500")
    place.configure(exchange, {"timeframe": "1s", "days": 0.001})
    process = place.start()
    until("the first candles", lambda: place.rows(SECONDS))
    first = place.rows(SECONDS)[-1][0]
    until("three more candles", lambda: place.rows(SECONDS)[-1][0] >= first + 3_000)
    until("the candle in which the stream began", lambda: len(place.covered(SECONDS)) == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    (known,) = place.covered(SECONDS)
    assert place.rows(SECONDS) == exchange.truth(SECONDS, known)
    assert "clocks differ" in place.log.read_text()


def test_tickers_are_written_and_only_when_they_change(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.01}, {"symbol": "ETH/USDT", "days": 0.01})
    process = place.start()
    until("three tickers", lambda: len(place.tickers()) >= 3)
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) == 0
    found = place.tickers()
    prices = [(bid, ask, last) for _, bid, ask, last in found]
    assert all(one != next_one for one, next_one in pairwise(prices))
    assert all(Decimal(bid) < Decimal(ask) for bid, ask, _ in prices)
    assert [stamp for stamp, *_ in found] == sorted({stamp for stamp, *_ in found})


def test_what_the_service_missed_while_the_exchange_was_away_it_makes_up_for(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1", "--seconds-days", "1")
    place.configure(exchange, {"timeframe": "1s", "days": 0.001})
    process = place.start()
    until("the first candles", lambda: place.rows(SECONDS))
    exchange.fault(kind="server_error", seconds=3)
    away = exchange.log(path="")[-1]["at_ms"]
    until("candles from after that", lambda: place.rows(SECONDS)[-1][0] >= away + 4_000)
    until("those from before it", lambda: len(place.covered(SECONDS)) == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    (known,) = place.covered(SECONDS)
    assert known.end > away + 4_000
    assert place.rows(SECONDS) == exchange.truth(SECONDS, Interval(*known))
