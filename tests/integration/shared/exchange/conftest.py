"""A real simulator in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.integration.shared.exchange.there import ROOT, Exchange, Simulate


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Starts a simulator on a free port; all are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Exchange:
        command = [sys.executable, "-m", "simulator", "--port", "0", *options]
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
        process.communicate(timeout=60)
