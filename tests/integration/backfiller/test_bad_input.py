"""Mistakes: a message that says what and what to do, and a non-zero exit where nothing can go on."""

import pytest
from sqlalchemy import text

from shared.market import Series
from tests.integration.backfiller.rig import DEADLINE, Exchange, Place, Simulate

BTC = Series("binance", "BTC/USDT", "1m")


@pytest.fixture
def nowhere() -> Exchange:
    """An exchange that must not be asked anything."""
    return Exchange("http://127.0.0.1:9", None)  # type: ignore[arg-type]


def refused(place: Place) -> str:
    """What the service says when it exits with 1."""
    assert place.start().wait(DEADLINE) == 1
    said = place.log.read_text()
    assert "Traceback" not in said
    return said


def test_a_broken_configuration(place: Place, nowhere: Exchange) -> None:
    place.configure(nowhere, {"timeframe": "7m", "days": -1})
    said = refused(place)
    assert "series.0.timeframe = '7m': unknown timeframe" in said
    assert "series.0.days = -1" in said


def test_an_unknown_exchange(place: Place, nowhere: Exchange) -> None:
    place.configure(nowhere, {}, section='id = "binanse"')
    said = refused(place)
    assert said.startswith("backfiller: exchanges.binance.id: ccxt knows no exchange 'binanse' (did you mean: binance,")


def test_nothing_to_collect(place: Place, nowhere: Exchange) -> None:
    place.configure(nowhere)
    assert refused(place).startswith("backfiller: nothing to collect: add a [[series]]")


def test_a_database_without_tables(place: Place, nowhere: Exchange) -> None:
    place.configure(nowhere, {})
    place.database.close()
    (place.directory / "trading.db").unlink()
    assert "run `python schema.py`" in refused(place)


def test_a_database_newer_than_the_code(place: Place, nowhere: Exchange) -> None:
    place.configure(nowhere, {})
    with place.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer than this Chandler knows" in refused(place)


def test_no_series_that_the_exchange_has(place: Place, simulate: Simulate) -> None:
    place.configure(simulate("--days", "1"), {"symbol": "BTC/USDD"})
    said = refused(place)
    assert "no series can be collected: binance has no market 'BTC/USDD' (did you mean: BTC/USDT" in said
    assert place.status(Series("binance", "BTC/USDD", "1m")).status == "stopped"


def test_a_series_that_does_not_exist_does_not_stop_the_others(place: Place, simulate: Simulate) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"symbol": "NOT/HERE"}, {"timeframe": "8h"}, {"days": 0.1})
    assert place.fetch() == 1
    (known,) = place.covered(BTC)
    assert place.rows(BTC) == exchange.truth(BTC, known)
    unknown = place.status(Series("binance", "NOT/HERE", "1m"))
    assert (unknown.status, unknown.reason.split(" (")[0]) == ("stopped", "binance has no market 'NOT/HERE'")
    refused_by_exchange = place.status(Series("binance", "BTC/USDT", "8h"))
    assert refused_by_exchange.status == "stopped"
    assert "refused, asking again won't help" in refused_by_exchange.reason


def test_an_exchange_that_does_not_exist_is_waited_for_but_not_for_ever_with_once(
    place: Place, nowhere: Exchange, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("backfiller.service._ATTEMPTS_ONCE", 2)
    place.configure(nowhere, {})
    assert place.fetch() == 1
    said = capfd.readouterr()
    assert "not reachable" in said.out + said.err
    assert "not complete: binance BTC/USDT 1m (all candles)" in said.err


def test_help_says_what_it_does(place: Place) -> None:
    assert place.start("--help").wait(DEADLINE) == 0
    assert "--once" in place.log.read_text()
