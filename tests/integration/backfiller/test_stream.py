"""The present by WebSocket: what the stream proves is stored without a request, and nothing it loses is lost."""

import signal
import subprocess
from pathlib import Path

from shared.database import open_database
from shared.journal import look
from shared.market import Series
from tests.integration.backfiller.rig import DEADLINE, Exchange, Place, Simulate, locked, until

SECONDS, MINUTES = Series("binance", "BTC/USDT", "1s"), Series("binance", "BTC/USDT", "1m")


def newest(place: Place) -> int:
    """Open time of the newest stored one-second candle."""
    return place.status(SECONDS).watermark or 0


def started(simulate: Simulate, place: Place, backfill: str = "") -> "tuple[Exchange, subprocess.Popen[bytes]]":
    """A backfiller that follows a stream of one-second candles, and has stored some of them as they closed."""
    exchange = simulate("--days", "1", "--seconds-days", "1")
    place.configure(exchange, {"timeframe": "1s", "days": 0.001}, backfill=backfill)
    process = place.start()
    until("the first candles", lambda: place.rows(SECONDS))
    begun = newest(place)
    until("candles of the stream", lambda: newest(place) >= begun + 5_000)
    return exchange, process


def is_whole(exchange: Exchange, place: Place) -> bool:
    """Whether what is stored is one piece without a hole, and the exchange's candles exactly."""
    (known,) = place.covered(SECONDS)
    return place.rows(SECONDS) == exchange.truth(SECONDS, known)


def ended(process: "subprocess.Popen[bytes]", place: Place) -> None:
    """Have the service stop, once nothing is in doubt."""
    until("one piece", lambda: len(place.covered(SECONDS)) == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0


def waiting(directory: Path) -> int:
    """How many entries wait in the journal."""
    status = look(directory)
    return status.entries if status else 0


def test_what_the_stream_proves_costs_no_request(simulate: Simulate, place: Place) -> None:
    exchange, process = started(simulate, place)
    since, begun = exchange.now(), newest(place)
    until("ten more candles", lambda: newest(place) >= begun + 10_000)
    asked = [request for request in exchange.log() if request["at_ms"] > since]
    ended(process, place)
    assert is_whole(exchange, place)
    # Only what came late, on a machine that is too busy for its stream, may have been asked for.
    assert len(asked) <= 2
    assert [request for request in exchange.log("24hr") if request["at_ms"] > since] == []
    assert len(place.tickers()) >= 3


def test_while_the_socket_is_down_rest_goes_on_and_the_stream_takes_over_again(
    simulate: Simulate, place: Place
) -> None:
    exchange, process = started(simulate, place)
    down = exchange.now()
    exchange.fault(kind="websocket_close", seconds=8)
    until("candles from while it is down", lambda: newest(place) >= down + 4_000)
    assert [request for request in exchange.log() if request["at_ms"] > down]
    sockets = len(exchange.log("/ws/0"))
    until("a new connection that stays", lambda: exchange.now() > down + 9_000 and newest(place) >= down + 15_000)
    quiet = exchange.now()
    until("candles of the new connection", lambda: newest(place) >= quiet + 6_000)
    asked = [request for request in exchange.log() if request["at_ms"] > quiet]
    ended(process, place)
    assert is_whole(exchange, place)
    assert len(asked) <= 2
    assert len(exchange.log("/ws/0")) > sockets - 1


def test_a_socket_that_is_closed_once_leaves_no_hole(simulate: Simulate, place: Place) -> None:
    exchange, process = started(simulate, place)
    for _ in range(3):
        cut = exchange.now()
        exchange.fault(kind="websocket_close", count=1, seconds=0.5)
        until("candles from after that", lambda cut=cut: newest(place) >= cut + 3_000)  # type: ignore[misc]
    ended(process, place)
    assert is_whole(exchange, place)


def test_an_exchange_that_is_late_is_not_asked_for_what_its_stream_tells_soon(simulate: Simulate, place: Place) -> None:
    exchange, process = started(simulate, place)
    since = exchange.now()
    for _ in range(4):
        late = exchange.now()
        exchange.fault(kind="late_candles", ms=1_500, seconds=2)
        until("candles from after that", lambda late=late: newest(place) >= late + 4_000)  # type: ignore[misc]
    asked = [request for request in exchange.log() if request["at_ms"] > since]
    ended(process, place)
    assert is_whole(exchange, place)
    assert len(asked) <= 2


def test_with_the_database_locked_candles_go_to_the_journal_and_come_out_whole(
    simulate: Simulate, place: Place
) -> None:
    exchange, process = started(simulate, place)
    with locked(place.directory / "trading.db"):
        until("candles in the journal", lambda: waiting(place.directory / "journal") >= 4)
    unlocked = exchange.now()
    until("the journal's candles and newer ones", lambda: newest(place) >= unlocked + 2_000)
    until("an empty journal", lambda: waiting(place.directory / "journal") == 0)
    ended(process, place)
    assert is_whole(exchange, place)
    assert "candles go to the journal" in place.log.read_text()
    assert "Traceback" not in place.log.read_text()


def test_killed_while_candles_wait_in_the_journal_it_loses_none_of_them(simulate: Simulate, place: Place) -> None:
    exchange, process = started(simulate, place)
    with locked(place.directory / "trading.db"):
        until("candles in the journal", lambda: waiting(place.directory / "journal") >= 4)
        process.kill()
        process.wait(DEADLINE)
    before = newest(place)
    again = place.start()
    until("candles from after the kill", lambda: newest(place) >= before + 6_000)
    until("an empty journal", lambda: waiting(place.directory / "journal") == 0)
    ended(again, place)
    assert is_whole(exchange, place)
    assert "the journal holds entries from before the start" in place.log.read_text()


def test_a_disk_that_fills_up_is_lived_through(simulate: Simulate, small_disk: Path, migrated_file: Path) -> None:
    (small_disk / "trading.db").write_bytes(migrated_file.read_bytes())
    database = open_database(f"sqlite:///{small_disk}/trading.db")
    place = Place(small_disk, database)
    exchange, process = started(simulate, place, backfill="journal_megabytes = 1")
    try:
        ballast = small_disk / "ballast"
        until("candles in the journal", lambda: fill_up(ballast) and waiting(small_disk / "journal") >= 3)
        ballast.unlink()
        emptied = exchange.now()
        until("the journal's candles and newer ones", lambda: newest(place) >= emptied + 2_000)
        ended(process, place)
        assert is_whole(exchange, place)
    finally:
        process.kill()
        process.wait(DEADLINE)
        database.close()


def fill_up(ballast: Path) -> bool:
    """Take whatever room a disk has left; true once there is none."""
    with ballast.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            return True
