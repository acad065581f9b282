"""Samples of what is stored and of what the disk has left."""

import os
from pathlib import Path

import pytest

from shared.database import Database
from shared.upkeep import measure, samples, save


def test_a_sample_says_what_there_is_and_comes_back_as_it_was_taken(database: Database, tmp_path: Path) -> None:
    (tmp_path / "archive" / "binance").mkdir(parents=True)
    (tmp_path / "archive" / "binance" / "month.parquet").write_bytes(os.urandom(20_000))
    file = tmp_path / "trading.db"
    sample = measure(file, tmp_path / "archive", tmp_path / "backups", 5)
    assert (sample.database_bytes, sample.backup_bytes) == (file.stat().st_size, 0)
    assert 20_000 <= sample.archive_bytes <= 40_000
    assert 0 < sample.free_bytes < sample.total_bytes
    with database.write() as connection:
        save(connection, sample)
        save(connection, sample)
    with database.read() as connection:
        assert samples(connection, 5, 5) == [sample]
        assert samples(connection, 0, 4) == samples(connection, 6, 9) == []


def test_a_directory_that_is_not_there_is_an_error_and_not_an_empty_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        measure(tmp_path / "gone" / "trading.db", tmp_path, tmp_path, 5)
