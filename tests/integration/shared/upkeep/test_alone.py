"""One keeper at a time."""

from contextlib import suppress
from pathlib import Path

import pytest

from shared.errors import StopError
from shared.upkeep import Busy, alone, holder, keeper_lock
from tests.integration.shared.conftest import Start

HOLD = """
import sys
from pathlib import Path
from shared.upkeep import alone

with alone(Path(sys.argv[1]), "process 7 on here"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_works_and_gets_the_lock_when_the_first_is_killed(tmp_path: Path, start: Start) -> None:
    lock = keeper_lock(tmp_path / "trading.db")
    assert holder(lock) is None
    first = start(HOLD, str(lock))
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    assert holder(lock) == "process 7 on here"
    with pytest.raises(Busy, match="another keeper works: process 7 on here"), alone(lock, "us"):
        pass
    first.kill()
    first.wait()
    assert holder(lock) is None
    with alone(lock, "us"):
        assert holder(lock) == "us"
    assert holder(lock) is None


def test_on_a_full_disk_a_keeper_works_all_the_same_and_raises_its_alarm(small_disk: Path) -> None:
    lock = keeper_lock(small_disk / "trading.db")
    lock.touch()
    with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    with alone(lock, "us"):
        assert holder(lock) == "it does not say which"


def test_a_lock_that_can_not_be_made_stops_the_keeper_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="the data directory has to be writable"), alone(tmp_path / "no" / "x", "us"):
        pass
