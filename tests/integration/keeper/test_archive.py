"""The keeper seals what is complete, mends what is damaged, and prunes only when told to."""

from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from keeper.archive import Archivist
from shared.archive.place import month_file
from shared.candles import mark, store_page
from shared.clock import now_ms, now_us
from shared.database import Database
from shared.errors import RepairError
from shared.market import Interval, Series
from tests.integration.shared.archive.months import (
    FEBRUARY,
    JANUARY,
    SERIES,
    candles,
    everything,
    file,
    fill,
    states,
    table,
)

OTHER = Series("kraken", "ETH/USD", "1d")
Make = Callable[..., Archivist]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def filled(database: Database) -> Database:
    fill(database, SERIES)
    return database


@pytest.fixture
def keeper(filled: Database, archive: Path) -> Make:
    def make(prune_after: int | None = None, hot_candles: int = 100, settle_ms: int = 120_000) -> Archivist:
        log = structlog.get_logger()
        settle = {"binance": settle_ms, "kraken": settle_ms}
        return Archivist(filled, archive, settle, prune_after, hot_candles, log)

    return make


def test_a_round_seals_every_complete_month_of_every_series(filled: Database, archive: Path, keeper: Make) -> None:
    fill(filled, OTHER, JANUARY.start, FEBRUARY.end)
    keeper().round()
    assert file(archive, JANUARY) == [row for row in table(filled) if row[0] < JANUARY.end]
    assert list(states(filled)) == ["2024-01", "2024-02"]
    assert list(states(filled, OTHER)) == ["2024-01", "2024-02"]


def test_the_next_round_writes_nothing(archive: Path, keeper: Make) -> None:
    keeper().round()
    before = {path: path.stat().st_mtime_ns for path in archive.rglob("*.*")}
    keeper().round()
    assert {path: path.stat().st_mtime_ns for path in archive.rglob("*.*")} == before


def test_nothing_leaves_the_table_unless_that_is_configured(filled: Database, keeper: Make) -> None:
    before = table(filled)
    keeper().round()
    assert table(filled) == before


def test_months_that_are_old_enough_leave_the_table_if_that_is_configured(
    filled: Database, archive: Path, keeper: Make
) -> None:
    before = table(filled)
    keeper(prune_after=1).round()
    assert [row for row in table(filled) if row[0] < FEBRUARY.end] == []
    assert everything(filled, archive) == before


def test_a_series_that_is_stopped_is_sealed_all_the_same(filled: Database, keeper: Make) -> None:
    with filled.write() as connection:
        mark(connection, SERIES, "stopped", "delisted", 1)
    keeper().round()
    assert list(states(filled)) == ["2024-01", "2024-02"]


def test_the_present_month_waits_for_its_end_and_for_the_exchange_to_settle(filled: Database, keeper: Make) -> None:
    series, now = Series("binance", "SOL/USDT", "1h"), now_ms()
    with filled.write() as connection:
        store_page(connection, series, [], Interval(FEBRUARY.end, series.closed_end(now)), now_us=now_us())
    keeper().round()
    assert now - max(month.end for month in states(filled, series).values()) < 32 * 86_400_000
    fresh = states(filled, series)
    keeper(settle_ms=40 * 86_400_000).round()
    assert states(filled, series) == fresh


def test_a_round_mends_what_was_damaged_since(filled: Database, archive: Path, keeper: Make) -> None:
    keeper().round()
    before = file(archive, JANUARY)
    path = month_file(archive, SERIES, JANUARY)
    path.write_bytes(path.read_bytes()[:100])
    keeper().round()
    assert file(archive, JANUARY) == before


def test_a_lost_month_that_was_pruned_is_named_and_the_others_are_sealed(
    filled: Database, archive: Path, keeper: Make
) -> None:
    keeper(prune_after=1).round()
    month_file(archive, SERIES, JANUARY).unlink()
    fill(filled, OTHER, JANUARY.start, FEBRUARY.end)
    with pytest.raises(RepairError, match=r"743 candles were in .*2024-01.parquet alone"):
        keeper().round()
    assert list(states(filled, OTHER)) == ["2024-01", "2024-02"]


def test_what_changed_is_sealed_anew_by_the_next_round(filled: Database, archive: Path, keeper: Make) -> None:
    keeper().round()
    late = candles(JANUARY.start - 3_600_000, FEBRUARY.start)
    with filled.write() as connection:
        store_page(connection, SERIES, late, Interval(late[0].timestamp, FEBRUARY.start), now_us=2)
    keeper().round()
    assert len(file(archive, JANUARY)) == 744
    assert all(month.is_fresh for month in states(filled).values())


def test_a_keeper_that_is_told_to_stop_leaves_the_rest_for_another_time(
    filled: Database, archive: Path, keeper: Make
) -> None:
    stopping = keeper()
    stopping.stopped = lambda: True
    stopping.round()
    assert states(filled) == {}
