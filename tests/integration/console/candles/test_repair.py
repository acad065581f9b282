"""What is missing is seen, named, and fetched by one command."""

from shared.market import Interval
from tests.integration.backfiller.rig import Place, Simulate
from tests.integration.console.candles.desk import BTC, HOURS, START, TWELVE_HOURS, chandler, execute, told

HOUR = 3_600_000


def lose(place: Place, start: int, end: int) -> None:
    """Forget what was known from `start` to `end`, rows and coverage."""
    execute(place, f"DELETE FROM ohlcv_data WHERE timestamp >= {start} AND timestamp < {end}")
    execute(place, "DELETE FROM series_coverage")
    for part in (Interval(HOURS.start, start), Interval(end, HOURS.end)):
        rows = (part.end - part.start) // 60_000
        execute(
            place,
            f"INSERT INTO series_coverage VALUES ('binance', 'BTC/USDT', '1m', {part.start}, {part.end}, {rows})",
        )


def test_a_hole_is_told_and_repair_fills_it_exactly(simulate: Simulate, place: Place) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS)
    assert place.fetch() == 0
    lose(place, START + 3 * HOUR, START + 5 * HOUR)

    (found,) = told(place, "gaps")
    assert found["not_fetched"] == [{"start": START + 3 * HOUR, "end": START + 5 * HOUR, "candles": 120}]
    (status,) = told(place, "status")
    assert (status["rows"], status["missing"], status["gaps"]) == (600, 120, 1)
    assert (status["first"], status["last"]) == (START, HOURS.end - 60_000)

    done = chandler(place, "repair")
    assert done.exit_code == 0, done.output
    assert "binance BTC/USDT 1m: 120 candles came, nothing is missing" in done.stdout
    assert place.rows(BTC) == exchange.truth(BTC, HOURS)
    assert chandler(place, "gaps").stdout == "nothing is missing\n"


def test_a_series_that_was_never_begun_is_missing_whole(simulate: Simulate, place: Place) -> None:
    place.configure(simulate(), TWELVE_HOURS)
    (status,) = told(place, "status")
    assert (status["state"], status["rows"], status["missing"]) == ("empty", 0, 720)


def test_repair_says_what_it_could_not_get(simulate: Simulate, place: Place) -> None:
    place.configure(simulate(), {**TWELVE_HOURS, "symbol": "MOON/USDT"}, TWELVE_HOURS)
    done = chandler(place, "repair")
    assert done.exit_code == 1
    assert "binance MOON/USDT 1m: 0 candles came, 720 missing; stopped: binance has no market" in done.stdout
    assert "binance BTC/USDT 1m: 720 candles came, nothing is missing" in done.stdout


def test_repair_of_one_series_leaves_the_others_alone(simulate: Simulate, place: Place) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS, {**TWELVE_HOURS, "symbol": "ETH/USDT"})
    assert chandler(place, "repair", "--symbol", "BTC/USDT").exit_code == 0
    assert {entry["query"]["symbol"] for entry in exchange.log()} == {"BTCUSDT"}


def test_a_repair_of_nothing_is_a_mistake_that_is_told(simulate: Simulate, place: Place) -> None:
    place.configure(simulate(), TWELVE_HOURS)
    assert chandler(place, "repair", "--symbol", "MOON/USDT").exit_code == 1


def test_what_was_out_of_reach_is_asked_for_again_only_when_that_is_wanted(simulate: Simulate, place: Place) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS)
    assert place.fetch() == 0
    start, end = START + HOUR, START + 2 * HOUR
    lose(place, start, end)
    key = f"'binance', 'BTC/USDT', '1m', {start}, {end}"
    execute(place, f"INSERT INTO series_unreachable VALUES ({key}, 'was down', 0)")

    (found,) = told(place, "gaps")
    assert found["unreachable"] == [{"start": start, "end": end, "candles": 60, "reason": "was down"}]
    assert found["not_fetched"] == []
    assert chandler(place, "repair", "--unreachable").exit_code == 0
    assert place.rows(BTC) == exchange.truth(BTC, HOURS)
    assert told(place, "gaps") == []


def test_repair_beside_a_running_backfiller_stores_the_same_candles_once(simulate: Simulate, place: Place) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS, backfill="page_candles = 20")
    service = place.start("--once")
    assert chandler(place, "repair").exit_code == 0
    assert service.wait(60) == 0
    assert place.rows(BTC) == exchange.truth(BTC, HOURS)
    (status,) = told(place, "status")
    assert (status["rows"], status["confirmed_empty"]) == (720, 0)
