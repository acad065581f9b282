"""A series with two whole months of candles, and a third that goes on."""

from pathlib import Path

import pytest

from shared.database import Database
from tests.integration.shared.archive.months import SERIES, fill


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def filled(database: Database) -> Database:
    """Hourly candles of January to mid-March 2024; 5 January, 10:00, is confirmed empty."""
    fill(database, SERIES)
    return database
