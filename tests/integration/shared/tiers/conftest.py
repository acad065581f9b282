"""Books with some months behind them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.shared.tiers.aged import Books, aged_books


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """70 days up to NOW_US, 20 rows of each table a day."""
    found = aged_books(tmp_path)
    yield found
    found.desk.database.close()
