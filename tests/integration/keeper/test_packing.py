"""Months of candles grow old: their tier stands in their manifest, and at last they are read-only."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from keeper.archive import Archivist
from shared.archive import mend, sealed, verify
from shared.archive.place import manifest_file, month_file
from shared.candles import store_page
from shared.candles.months import outdate
from shared.config import Packing
from shared.database import Database
from shared.market import Candle
from shared.tiers import moves
from tests.integration.shared.archive.months import FEBRUARY, JANUARY, SERIES, candles, everything, fill, first_candle


@pytest.fixture
def archivist(database: Database, tmp_path: Path) -> Archivist:
    fill(database, SERIES)
    log = structlog.get_logger()
    return Archivist(database, tmp_path / "archive", {}, None, 1_000, log)


def tiers(archivist: Archivist) -> list[str]:
    return [manifest.tier for manifest in sealed(archivist.archive, SERIES)]


def test_old_months_change_their_tier_and_hold_the_same_candles(archivist: Archivist) -> None:
    archivist.round()
    before = everything(archivist.database, archivist.archive)
    files = [manifest.sha256 for manifest in sealed(archivist.archive, SERIES)]
    assert tiers(archivist) == ["warm", "warm"]
    replace(archivist, packing=Packing(warm_days=30, cold_days=30_000)).round()
    assert tiers(archivist) == ["cold", "cold"]
    replace(archivist, packing=Packing()).round()
    assert tiers(archivist) == ["frozen", "frozen"]
    assert [manifest.sha256 for manifest in sealed(archivist.archive, SERIES)] == files, "delta-packed is packed"
    assert everything(archivist.database, archivist.archive) == before
    assert verify(archivist.database, archivist.archive) == []


def test_pruned_months_grow_old_too(archivist: Archivist) -> None:
    archivist.round()
    before = everything(archivist.database, archivist.archive)
    archivist.prune(SERIES, FEBRUARY.start)
    replace(archivist, packing=Packing()).round()
    assert tiers(archivist) == ["frozen", "frozen"]
    assert everything(archivist.database, archivist.archive) == before
    assert verify(archivist.database, archivist.archive) == []


def test_frozen_months_are_read_only_and_sha256sum_proves_them(archivist: Archivist) -> None:
    replace(archivist, packing=Packing()).round()
    path = month_file(archivist.archive, SERIES, JANUARY)
    assert path.stat().st_mode & 0o777 == 0o444
    told = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=path.parent, capture_output=True, check=True)
    assert told.stdout.decode() == "2024-01.parquet: OK\n2024-02.parquet: OK\n"


def test_a_month_with_a_column_of_doubles_is_packed_harder(database: Database, tmp_path: Path) -> None:
    rows = [Candle(each.timestamp, *(value / 3 for value in each[1:])) for each in candles(JANUARY.start, JANUARY.end)]
    with database.write() as connection:
        store_page(connection, SERIES, rows, JANUARY.interval, now_us=1)
    archivist = Archivist(database, tmp_path / "archive", {}, None, 1_000, structlog.get_logger())
    archivist.round()
    (warm,) = sealed(archivist.archive, SERIES)
    replace(archivist, packing=Packing()).round()
    (frozen,) = sealed(archivist.archive, SERIES)
    assert (frozen.tier, frozen.rows_sha256) == ("frozen", warm.rows_sha256)
    assert frozen.bytes < warm.bytes
    assert verify(database, archivist.archive) == []


@pytest.mark.parametrize("harm", ["chmod", "sums"])
def test_a_frozen_file_that_is_open_is_found_and_frozen_again(archivist: Archivist, harm: str) -> None:
    replace(archivist, packing=Packing()).round()
    path = month_file(archivist.archive, SERIES, JANUARY)
    if harm == "chmod":
        path.chmod(0o644)
    else:
        (path.parent / "SHA256SUMS").unlink()
    problems = verify(archivist.database, archivist.archive)
    assert {problem.kind for problem in problems} == {"open"}
    for problem in problems:
        mend(archivist.database, archivist.archive, problem, 1)
    assert verify(archivist.database, archivist.archive) == []


def test_a_frozen_month_whose_candles_change_is_written_anew(archivist: Archivist) -> None:
    replace(archivist, packing=Packing()).round()
    candle = first_candle(archivist.database)
    with archivist.database.write() as connection:
        outdate(connection, SERIES, candle.timestamp, candle.timestamp)
    archivist.round()
    assert tiers(archivist) == ["warm", "frozen"]
    assert verify(archivist.database, archivist.archive) == []


def test_the_record_tells_of_months_too(archivist: Archivist) -> None:
    archivist.round()
    archivist.prune(SERIES, FEBRUARY.start)
    with archivist.database.read() as connection:
        told = [(each.action, each.table_name, Path(each.path).name, each.rows) for each in moves(connection)]
    assert told == [
        ("seal", "ohlcv_data", "2024-01.parquet", 743),
        ("seal", "ohlcv_data", "2024-02.parquet", 29 * 24),
        ("prune", "ohlcv_data", "2024-01.parquet", 743),
    ]


def test_a_manifest_from_before_there_were_tiers_is_warm(archivist: Archivist) -> None:
    archivist.round()
    place = manifest_file(month_file(archivist.archive, SERIES, JANUARY))
    place.write_text(place.read_text().replace(',\n  "tier": "warm"', ""))
    assert tiers(archivist) == ["warm", "warm"]
    assert "tier" not in place.read_text()
