"""What every test may use. Keep it tiny: a fixture of one room belongs to that room's conftest."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from shared.database import Database, open_database
from shared.database.schema import upgrade

# A failure prints the blob that repeats it; no deadline, because tests never assert speed.
settings.register_profile("chandler", print_blob=True, deadline=None)
settings.load_profile("chandler")

# A suite that is started in the background ignores Ctrl-C, and so would all that it starts; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """A command that a test runs sets logging up to that test's stderr, which is closed when the next one logs."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file made by the migrations, without a row: to be copied, never to be opened."""
    path = tmp_path_factory.mktemp("migrated") / "trading.db"
    made = open_database(f"sqlite:///{path}")
    upgrade(made)
    made.close()
    return path


@pytest.fixture
def database_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A fresh migrated database file of this test's own."""
    path = tmp_path / "trading.db"
    shutil.copy(migrated_file, path)
    return path


@pytest.fixture
def database(database_file: Path) -> Iterator[Database]:
    """The same file, opened as a service opens it."""
    opened = open_database(f"sqlite:///{database_file}")
    yield opened
    opened.close()
