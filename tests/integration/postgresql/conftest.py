"""The larger deployment: a database that a server keeps. Skipped where PostgreSQL is not installed; not in CI."""

import os
from collections.abc import Iterator

import pytest

from shared.database import Database, open_database
from tests.integration.backfiller.conftest import place, simulate
from tests.integration.postgresql.server import Server, programs, running
from tests.integration.shared.conftest import start

__all__ = ["place", "simulate", "start"]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for all tests of this process."""
    found = programs()
    if found is None:
        why = "PostgreSQL's server is not installed (Debian: apt install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with running(found) as server:
        yield server


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """A fresh migrated database of this test's own."""
    name = server.create("migrated")
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The same database, opened as a service opens it."""
    opened = open_database(url)
    yield opened
    opened.close()
