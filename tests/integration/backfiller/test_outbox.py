"""What the live edge hands over is in the database, or safe until it can be."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from backfiller.outbox import Outbox
from backfiller.progress import Progress
from backfiller.store import Store
from shared.candles import covered, latest_ticker
from shared.database import Database, open_database
from shared.errors import RetryError
from shared.journal import Journal, drain, look
from shared.market import Candle, Closed, Interval, Ring, Series, Ticker
from tests.integration.backfiller.rig import locked

BTC = Series("binance", "BTC/USDT", "1s")
TICKER = Ticker("binance", "BTC/USDT", 5, Decimal("0.1"), Decimal("0.3"), Decimal("0.2"), 6)


def closed(number: int) -> Closed:
    start = 1_000 * number
    return Closed(BTC, Interval(start, start + 1_000), [Candle(start, 1.0, 2.0, 0.5, 1.5, float(number))])


@contextmanager
def outbox_in(directory: Path, database: Path | None = None, *, journal: Path | None = None) -> Iterator[Outbox]:
    """An outbox as the service makes it, with a ring of two candles."""
    opened = open_database(f"sqlite:///{database or directory / 'trading.db'}", "normal", busy_timeout_ms=0, readers=1)
    made = Outbox(Store(opened, 10.0), Progress(), lambda: Journal(journal or directory, 1), {BTC: Ring(2)})
    try:
        yield made
    finally:
        made.close()
        opened.close()


def volumes(database: Database) -> list[float]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT volume FROM ohlcv_data ORDER BY timestamp")).scalars())


def known(database: Database) -> list[Interval]:
    with database.read() as connection:
        return covered(connection, BTC)


def test_what_is_put_is_in_the_database_and_may_leave_the_ring(database: Database, tmp_path: Path) -> None:
    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            await outbox.put([closed(1), closed(2), closed(3), TICKER])
            assert len(outbox.rings[BTC]) == 2
            assert outbox.trouble() is None

    asyncio.run(run())
    assert volumes(database) == [1, 2, 3]
    with database.read() as connection:
        assert latest_ticker(connection, "binance", "BTC/USDT") == TICKER


def test_while_the_database_is_locked_candles_go_to_the_journal_and_stay_in_the_ring(
    database: Database, database_file: Path, tmp_path: Path
) -> None:
    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            with locked(database_file):
                for number in range(1, 6):
                    await outbox.put([closed(number)])
                await outbox.put([TICKER])
                await outbox.tend()
                assert outbox.spilled == 6
                assert len(outbox.rings[BTC]) == 5
                assert volumes(database) == []
            await outbox.tend()
            assert (outbox.spilled, outbox.trouble(), len(outbox.rings[BTC])) == (0, None, 2)

    asyncio.run(run())
    assert volumes(database) == [1, 2, 3, 4, 5]
    assert known(database) == [Interval(1_000, 6_000)]
    with database.read() as connection:
        assert latest_ticker(connection, "binance", "BTC/USDT") == TICKER


def test_candles_that_come_after_the_lock_find_the_older_ones_stored_before_them(
    database: Database, database_file: Path, tmp_path: Path
) -> None:
    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            with locked(database_file):
                await outbox.put([closed(1)])
            await outbox.put([closed(2)])
            assert outbox.spilled == 0

    asyncio.run(run())
    assert known(database) == [Interval(1_000, 3_000)]


def test_puts_of_the_same_moment_share_transactions(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    write = Database.write

    def counted(self: Database) -> object:
        begun.append(self)
        return write(self)

    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            await asyncio.gather(*(outbox.put([closed(number)]) for number in range(1, 40)))

    monkeypatch.setattr(Database, "write", counted)
    asyncio.run(run())
    assert volumes(database) == list(range(1, 40))
    assert len(begun) < 39


def test_a_full_disk_fills_the_journal_and_not_the_grave(small_disk: Path, migrated_file: Path, tmp_path: Path) -> None:
    """The journal's space was set aside on the same disk before it filled up."""
    path = small_disk / "trading.db"
    path.write_bytes(migrated_file.read_bytes())

    async def run() -> None:
        with outbox_in(tmp_path, path, journal=small_disk) as outbox:
            await outbox.tend()
            fill_up(small_disk)
            numbers = range(1, 3_000, 100)
            for first in numbers:
                await outbox.put([closed(number) for number in range(first, first + 100)])
            assert outbox.spilled > 0
            (small_disk / "ballast").unlink()
            await outbox.tend()
            assert (outbox.spilled, outbox.trouble()) == (0, None)

    asyncio.run(run())
    database = open_database(f"sqlite:///{path}")
    assert volumes(database) == list(range(1, 3_001))
    assert known(database) == [Interval(1_000, 3_001_000)]
    database.close()


def fill_up(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4_096))
        except OSError:
            pass


def test_without_a_journal_that_can_be_written_everything_waits_in_memory(
    database: Database, database_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    async def run() -> None:
        with outbox_in(tmp_path, journal=tmp_path / "file") as outbox:
            with locked(database_file):
                await outbox.put([closed(1)])
                await outbox.put([closed(2), closed(3)])
                assert outbox.trouble() == ("the database can't be written: 0 entries wait in the journal, 3 in memory")
                assert len(outbox.rings[BTC]) == 3
            await outbox.tend()

    asyncio.run(run())
    assert volumes(database) == [1, 2, 3]


def test_without_a_journal_at_all_nothing_is_taken_that_is_not_stored(database: Database, database_file: Path) -> None:
    async def run() -> None:
        opened = open_database(f"sqlite:///{database_file}", "normal", busy_timeout_ms=0, readers=1)
        outbox = Outbox(Store(opened, 0.05), Progress())
        with locked(database_file), pytest.raises(RetryError):
            await outbox.put([closed(1)])
        await outbox.put([closed(2)])
        opened.close()

    asyncio.run(run())
    assert volumes(database) == [2]


def test_a_journal_from_before_a_kill_is_loaded_twice_as_once(database: Database, tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1)
    journal.append([closed(1), closed(2), TICKER])
    kept = journal.path.read_bytes()
    first = drain(journal, database, now_us=1)
    assert (first.candles, first.inserted, first.tickers) == (2, 2, 1)
    journal.close()
    journal.path.write_bytes(kept)  # as if killed before it was emptied

    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            await outbox.tend()

    asyncio.run(run())
    assert volumes(database) == [1, 2]
    assert known(database) == [Interval(1_000, 3_000)]
    status = look(tmp_path)
    assert status
    assert status.entries == 0


def test_a_page_that_the_database_refuses_costs_no_other_page(database: Database, tmp_path: Path) -> None:
    bad = Closed(BTC, Interval(2_000, 3_000), [Candle(2_000, 1.0, 0.5, 2.0, 1.5, 2.0)])
    journal = Journal(tmp_path, 1)
    journal.append([closed(1), bad])
    journal.close()

    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            await outbox.put([closed(3), bad, closed(4)])
            assert outbox.trouble() is None

    asyncio.run(run())
    assert volumes(database) == [3, 4]
    assert known(database) == [Interval(3_000, 5_000)]


def test_what_history_has_stored_in_place_of_the_live_edge_may_leave_the_ring_as_well(
    database: Database, tmp_path: Path
) -> None:
    async def run() -> None:
        with outbox_in(tmp_path) as outbox:
            ring = outbox.rings[BTC]
            ring.update(Candle(0, 1.0, 1.0, 1.0, 1.0, 0.0))  # the stream broke before it had shown its end
            await outbox.put([closed(number) for number in (1, 2, 3, 4)])
            assert len(ring) == 5
            outbox.fetched(BTC, [Interval(0, 1_000)], closed(0).candles + closed(-1).candles)
            assert len(ring) == 2
            ring.update(Candle(5_000, 1.0, 1.0, 1.0, 1.0, 0.0))
            ring.update(Candle(6_000, 1.0, 1.0, 1.0, 1.0, 0.0))
            outbox.fetched(BTC, [Interval(5_000, 6_000)], closed(5).candles)
            assert [candle.volume for candle in ring.candles()] == [5.0, 0.0]

    asyncio.run(run())
