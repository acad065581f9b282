"""What is kept of an exchange as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.candles import exchanges
from shared.candles.exchanges import StoredGate, cooldown_left, note_cooldown
from shared.database import Database, open_database

SECOND = 1_000_000
WALL, BOOT = 1_700_000_000 * SECOND, 5_000 * SECOND


@pytest.fixture
def impatient(database_file: Path) -> Iterator[Database]:
    """The same file as a service's event loop opens it: it waits for no lock."""
    opened = open_database(f"sqlite:///{database_file}", busy_timeout_ms=0)
    yield opened
    opened.close()


def shut(database: Database, seconds: float, wall: int = WALL, boot: int = BOOT) -> None:
    with database.write() as connection:
        note_cooldown(connection, "binance", seconds, "429", wall, boot, "this boot")


def left(database: Database, wall: int, boot: int, boot_id: str = "this boot") -> float:
    with database.read() as connection:
        return cooldown_left(connection, "binance", wall, boot, boot_id)


def test_a_cooldown_runs_on_the_boot_clock_whatever_the_wall_clock_does(database: Database) -> None:
    shut(database, 60)
    assert left(database, WALL, BOOT) == 60
    assert left(database, WALL + 3_600 * SECOND, BOOT + 10 * SECOND) == 50
    assert left(database, WALL, BOOT + 60 * SECOND) == 0


def test_after_another_boot_the_wall_clock_counts(database: Database) -> None:
    shut(database, 60)
    assert left(database, WALL + 20 * SECOND, 3 * SECOND, "another boot") == 40


def test_a_running_cooldown_is_never_made_shorter(database: Database) -> None:
    shut(database, 60)
    shut(database, 5)
    assert left(database, WALL, BOOT) == 60
    shut(database, 90, WALL + 10 * SECOND, BOOT + 10 * SECOND)
    assert left(database, WALL, BOOT + 10 * SECOND) == 90


def test_a_gate_is_shut_for_every_other_one_of_the_same_exchange(database: Database) -> None:
    StoredGate(database, "binance").shut(60, "418")
    assert 59 < StoredGate(database, "binance").left() <= 60
    assert StoredGate(database, "kraken").left() <= 0


def test_while_the_database_is_locked_a_gate_holds_here_and_is_written_later(
    database: Database, impatient: Database
) -> None:
    gate = StoredGate(impatient, "binance")
    with database.write() as connection:
        exchanges.note_clock(connection, "kraken", 5, WALL)
        gate.shut(60, "418")
        assert gate.left() > 59
    assert StoredGate(database, "binance").left() <= 0
    assert gate.left() > 59
    assert StoredGate(database, "binance").left() > 58


def test_clock_status_and_cooldown_are_told_apart(database: Database) -> None:
    with database.write() as connection:
        exchanges.note_clock(connection, "binance", -130, WALL)
        exchanges.stop_exchange(connection, "binance", "the key is wrong", WALL + 1)
        note_cooldown(connection, "kraken", 5, "lockout", WALL, BOOT, "this boot")
    with database.read() as connection:
        binance, kraken = exchanges.exchange_statuses(connection)
        assert exchanges.read_exchange(connection, "nowhere") is None
    assert (binance.status, binance.reason, binance.clock_offset_ms) == ("stopped", "the key is wrong", -130)
    assert (kraken.status, kraken.clock_offset_ms, kraken.cooldown_reason) == ("collecting", None, "lockout")
    assert kraken.cooldown_left(WALL, BOOT + SECOND, "this boot") == pytest.approx(4)
    with database.write() as connection:
        exchanges.resume_exchange(connection, "binance", WALL + 2)
    with database.read() as connection:
        resumed = exchanges.read_exchange(connection, "binance")
    assert resumed is not None
    assert (resumed.status, resumed.reason, resumed.clock_offset_ms) == ("collecting", "", -130)
