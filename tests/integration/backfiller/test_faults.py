"""Whatever the exchange does meanwhile, in the end the database holds what it has."""

import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import text

from shared.market import Interval, Series
from tests.integration.backfiller.rig import ROOT, Place, Simulate

BTC = Series("binance", "BTC/USDT", "1m")
MINUTE = 60_000


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limit", "count": 2},
        {"kind": "ban", "seconds": 1},
        {"kind": "server_error", "share": 0.4, "seconds": 3},
        {"kind": "server_error", "count": 3, "status": 500, "paths": "exchangeInfo"},
        {"kind": "drop", "share": 0.4, "seconds": 3},
        {"kind": "truncated", "share": 0.4, "seconds": 3, "paths": "klines"},
        {"kind": "garbage", "share": 0.4, "seconds": 3, "paths": "klines"},
        {"kind": "garbage", "count": 2},
        {"kind": "latency", "ms": 1_500, "count": 2, "paths": "klines"},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_history_is_whole_after(fault: dict[str, Any], simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.5}, backfill="page_candles = 40", section="timeout_seconds = 1")
    exchange.fault(**fault)
    assert place.fetch() == 0
    (known,) = place.covered(BTC)
    assert place.rows(BTC) == exchange.truth(BTC, known)
    assert any(request["fault"] for request in exchange.log(path=""))


def test_while_too_many_requests_are_complained_about_nothing_is_asked(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.5}, {"symbol": "ETH/USDT", "days": 0.5}, backfill="page_candles = 40")
    exchange.fault(kind="ban", seconds=2)
    assert place.fetch() == 0
    refused = [request for request in exchange.log(path="") if request["status"] == 418]
    assert len(refused) == 1
    assert [series for series in (BTC, Series("binance", "ETH/USDT", "1m")) if len(place.covered(series)) != 1] == []


def test_an_impossible_candle_is_refused_counted_and_left_as_a_gap(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    bad = BTC.floor(exchange.now()) - 300 * MINUTE
    exchange.ask("/control/revise", {"symbol": "BTCUSDT", "timeframe": "1m", "timestamp": bad, "close": -1})
    place.configure(exchange, {"days": 0.5})
    assert place.fetch() == 1
    before, after = place.covered(BTC)
    assert (before.end, after.start) == (bad, bad + MINUTE)
    for part in (before, after):
        rows = [row for row in place.rows(BTC) if part.start <= row[0] < part.end]
        assert rows == exchange.truth(BTC, part)
    assert bad not in [row[0] for row in place.rows(BTC)]
    assert place.status(BTC).refused >= 1

    exchange.ask("/control/revise", {"symbol": "BTCUSDT", "timeframe": "1m", "timestamp": bad, "close": 1})
    assert place.fetch() == 0
    assert place.covered(BTC) == [Interval(before.start, place.covered(BTC)[0].end)]


def test_a_locked_database_loses_nothing(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.5}, backfill="page_candles = 40")
    hold = (
        "import sys, time; from shared.database.sqlite import library\n"
        "c = library().connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True); time.sleep(3); c.execute('COMMIT')"
    )
    path = str(place.directory / "trading.db")
    holder = subprocess.Popen([sys.executable, "-c", hold, path], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert place.fetch() == 0
    holder.communicate()
    (known,) = place.covered(BTC)
    assert place.rows(BTC) == exchange.truth(BTC, known)


def test_a_lock_that_outlasts_the_patience_of_once_ends_in_a_message(
    simulate: Simulate, place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.1}, section="[database]\nbusy_timeout_ms = 20")
    monkeypatch.setattr("backfiller.service._ATTEMPTS_ONCE", 2)
    with place.database.write() as connection:
        connection.execute(text("DELETE FROM ohlcv_data"))
        assert place.fetch() == 1
    assert "not complete: binance BTC/USDT 1m" in capfd.readouterr().err
    assert place.rows(BTC) == []
    assert place.covered(BTC) == []
