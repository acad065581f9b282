"""Real processes and real disks for the tests of what every service stands on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.disk import mounted

ROOT = Path(__file__).parents[3]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a Python program, given as text, in a process of its own; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_program(program: str, *arguments: str, before: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        command = [*before, sys.executable, "-c", program, *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start_program
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def bound_by_permissions() -> tuple[str, ...]:
    """What to put before a command so that file permissions bind it; root has to give up overriding them."""
    if os.getuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root ignores file permissions, and setpriv, which makes it heed them, is not there")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 2 MB."""
    with mounted(tmp_path / "small-disk", 2 * 2**20) as directory:
        yield directory
