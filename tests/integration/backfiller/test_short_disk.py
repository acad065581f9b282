"""A disk that is nearly full: history waits, the live edge and trades go on, and history goes on when there is room."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import StrategySettings
from shared.database import Database, open_database
from shared.market import Series
from shared.trading import Side
from shared.upkeep import free_of
from tests.integration.backfiller.rig import Place, Simulate, until
from tests.integration.console.market import RUNNING, trade
from tests.integration.disk import mounted

SECONDS = Series("binance", "BTC/USDT", "1s")
MB = 1_000_000
ROOM, BALLAST = 24 * MB, 10 * MB
WAITS = "no more history is taken"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of which a part is taken by something else."""
    with mounted(tmp_path / "disk", ROOM) as directory:
        (directory / "ballast").write_bytes(bytes(BALLAST))
        yield directory


@pytest.fixture
def place(disk: Path, migrated_file: Path) -> Iterator[Place]:
    (disk / "trading.db").write_bytes(migrated_file.read_bytes())
    database = open_database(f"sqlite:///{disk}/trading.db")
    there = Place(disk, database)
    yield there
    for process in there.started:
        process.kill()
        process.wait()
    database.close()


def begin_a_book(database: Database) -> None:
    wanted = StrategySettings(
        id=RUNNING, name="rsi_reversion", exchange="binance", symbol="BTC/USDT", timeframe="1m", cash=Decimal(1000)
    )
    with database.write() as connection:
        ledger.register(connection, wanted, now_us(), boot_us(), boot_id())
        (lease,) = ledger.leases_of(connection, [RUNNING])
        ledger.claim(connection, lease, "0123456789@desk", boot_us() + 600_000_000, boot_id(), now_us())


def health(place: Place) -> dict[str, object]:
    file = place.directory / "health.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def test_history_stops_before_the_disk_is_full_so_that_a_trade_is_still_written_and_goes_on_later(
    simulate: Simulate, place: Place, disk: Path
) -> None:
    begin_a_book(place.database)
    exchange = simulate("--days", "3")
    place.configure(exchange, {"timeframe": "1s", "days": 2}, backfill="journal_megabytes = 1")
    place.start()
    until("history to wait", lambda: WAITS in str(health(place).get("detail", "")))
    stopped = place.status(SECONDS)
    assert health(place)["healthy"] is True
    assert free_of(disk).free > 0
    trade(place.database, 1, Side.BUY, "0.1", "100")
    until("newer candles", lambda: (place.status(SECONDS).watermark or 0) >= (stopped.watermark or 0) + 3_000)
    waiting = place.status(SECONDS)
    assert waiting.candles - stopped.candles < 1_000, "history went on"
    (disk / "ballast").unlink()
    until("history to go on", lambda: place.status(SECONDS).candles > waiting.candles + 10_000)
    assert "there is room again" in place.log.read_text()
    assert "Traceback" not in place.log.read_text()


def test_what_is_to_be_fetched_once_ends_with_a_message(simulate: Simulate, place: Place, disk: Path) -> None:
    place.configure(simulate("--days", "1"), {"days": 0.5}, backfill="journal_megabytes = 1\npage_candles = 100")
    (disk / "more").write_bytes(bytes(free_of(disk).free - MB))
    process = place.start("--once")
    assert process.wait(60) == 1
    assert "backfiller: only " in place.log.read_text()
    assert WAITS in place.log.read_text()
