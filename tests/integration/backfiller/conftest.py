"""A real simulator in a process of its own, the real backfiller in this one or another, and a real database file."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.database import Database
from tests.integration.backfiller.rig import DEADLINE, ROOT, Exchange, Place, Simulate
from tests.integration.disk import mounted


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Starts a simulator on a free port; all are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Exchange:
        command = [sys.executable, "-m", "simulator", "--port", "0", "--weight-limit", "0", *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        found = re.search(r"http://\S+", line)
        assert found, line
        return Exchange(found[0], process)

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=DEADLINE)


@pytest.fixture
def place(tmp_path: Path, database: Database) -> Iterator[Place]:
    """A place with a migrated database; what a test has left running there is killed."""
    there = Place(tmp_path, database)
    yield there
    for process in there.started:
        process.kill()
        process.wait(DEADLINE)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 3 MB."""
    with mounted(tmp_path / "small-disk", 3 * 2**20) as directory:
        yield directory
