"""The counter of a fresh database."""

import pytest

from shared.database import Database
from tests.integration.shared.ledger.counter import Counter


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)
