"""Stored candles are held against the exchange, and mended only when the operator says so."""

import json
from typing import Any

import pytest

from console.words import moment
from tests.integration.backfiller.rig import Exchange, Place, Simulate
from tests.integration.console.candles.desk import BTC, HOURS, START, TWELVE_HOURS, chandler, execute, told

REVISED = START + 90 * 60_000
ALL = ("verify", "--sample", "12", "--seed", "1")


@pytest.fixture
def exchange(simulate: Simulate, place: Place) -> Exchange:
    """An exchange whose twelve hours are stored."""
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS)
    assert place.fetch() == 0
    return exchange


def revisions(place: Place) -> list[Any]:
    return execute(place, "SELECT timestamp, old_close, new_close, source FROM candle_revisions ORDER BY revision_id")


def rows_counted(place: Place) -> int:
    (status,) = told(place, "status")
    return int(status["rows"])


def test_what_agrees_is_told_with_the_seed_that_chose_it(exchange: Exchange, place: Place) -> None:
    done = chandler(place, *ALL)
    assert done.exit_code == 0
    assert done.stdout == "seed 1: 12 windows, 8,640 candles compared, 0 differences\n"


def test_a_revised_candle_is_told_and_left_as_it_is(exchange: Exchange, place: Place) -> None:
    before = place.rows(BTC)
    exchange.ask("/control/revise", {"symbol": "BTC/USDT", "timeframe": "1m", "timestamp": REVISED, "close": 1.5})
    done = chandler(place, *ALL)
    assert done.exit_code == 1
    assert f"binance BTC/USDT 1m {moment(REVISED)}: different, stored (" in done.stdout
    assert place.rows(BTC) == before
    assert revisions(place) == []


def test_an_accepted_revision_replaces_the_candle_and_keeps_both(exchange: Exchange, place: Place) -> None:
    (old,) = (row for row in place.rows(BTC) if row[0] == REVISED)
    exchange.ask("/control/revise", {"symbol": "BTC/USDT", "timeframe": "1m", "timestamp": REVISED, "close": 1.5})
    done = chandler(place, *ALL, "--accept", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["revised"] == 1
    (difference,) = found["differences"]
    assert (difference["kind"], difference["old"]["close"]) == ("different", old[4])
    truth = exchange.truth(BTC, HOURS)
    assert place.rows(BTC) == truth
    assert revisions(place) == [(REVISED, old[4], difference["new"]["close"], "verify")]
    assert rows_counted(place) == len(truth)
    assert chandler(place, *ALL).exit_code == 0


def test_a_lost_candle_is_missing_and_comes_back(exchange: Exchange, place: Place) -> None:
    execute(place, f"DELETE FROM ohlcv_data WHERE timestamp = {REVISED}")
    execute(place, "UPDATE series_coverage SET candles = candles - 1")
    (difference,) = told(place, *ALL)["differences"]
    assert (difference["kind"], difference["old"], difference["timestamp"]) == ("missing", None, REVISED)
    assert chandler(place, *ALL, "--accept").exit_code == 0
    assert place.rows(BTC) == exchange.truth(BTC, HOURS)
    assert rows_counted(place) == 720


def test_a_candle_that_the_exchange_does_not_show_is_removed_between_two_that_it_shows(
    simulate: Simulate, place: Place
) -> None:
    outage = (START + 3_600_000, START + 7_200_000)
    exchange = simulate("--outage", "BTC/USDT", str(outage[0]), str(outage[1]))
    place.configure(exchange, TWELVE_HOURS)
    assert place.fetch() == 0
    at = outage[0] + 600_000
    execute(place, f"INSERT INTO ohlcv_data VALUES ('binance', 'BTC/USDT', '1m', {at}, 10, 11, 9, 10, 1)")
    execute(place, "UPDATE series_coverage SET candles = candles + 1")
    (difference,) = told(place, *ALL)["differences"]
    assert (difference["kind"], difference["new"], difference["certain"]) == ("extra", None, True)
    assert chandler(place, *ALL, "--accept").exit_code == 0
    assert place.rows(BTC) == exchange.truth(BTC, HOURS)
    assert revisions(place) == [(at, 10.0, None, "verify")]
    assert rows_counted(place) == 660


def test_an_exchange_that_does_not_answer_is_told_and_proves_nothing(exchange: Exchange, place: Place) -> None:
    before = place.rows(BTC)
    exchange.fault(kind="drop", paths="klines", seconds=600)
    done = chandler(place, "verify", "--sample", "1", "--accept")
    assert done.exit_code == 1
    assert "not compared: " in done.stdout
    assert place.rows(BTC) == before


def test_of_a_window_without_any_candle_only_the_window_is_counted(exchange: Exchange, place: Place) -> None:
    past = START - 400 * 86_400_000
    execute(place, "DELETE FROM series_coverage")
    execute(
        place,
        f"INSERT INTO series_coverage VALUES ('binance', 'BTC/USDT', '1m', {past}, {past + 100 * 60_000}, 0)",
    )
    done = chandler(place, "verify", "--sample", "1", "--seed", "1")
    assert done.stdout == "seed 1: 1 window, 100 candles compared, 0 differences\n"
