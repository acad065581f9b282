"""The files in which processes tell their figures: which are believed, and which are swept away."""

import json
import os
import socket
from pathlib import Path

import pytest

from shared.run import runs, sweep

BOOT = "this-boot"
NOW = 1_000_000_000


def write(data: Path, name: str, **changed: object) -> Path:
    told: dict[str, object] = {
        "service": "trader",
        "host": "another-container",
        "pid": 7,
        "started_at_us": 1,
        "boot_id": BOOT,
        "boot_us": NOW - 5_000_000,
        "database": {"slowest": []},
    }
    path = data / "run" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(told | changed), encoding="utf-8")
    return path


def test_processes_are_told_by_service_and_age(tmp_path: Path) -> None:
    write(tmp_path, "a", started_at_us=2)
    write(tmp_path, "b")
    write(tmp_path, "c", service="keeper", started_at_us=3)
    found = [(run["service"], run["started_at_us"]) for run in runs(tmp_path, NOW, BOOT)]
    assert found == [("keeper", 3), ("trader", 1), ("trader", 2)]


@pytest.mark.parametrize(
    "changed",
    [
        {"boot_us": NOW - 61_000_000},
        {"boot_id": "another-boot"},
        {"host": socket.gethostname(), "pid": 2**22 + 1},  # beyond the greatest there can be
        {"pid": "seven"},
        {"database": None},
        {"service": None},
    ],
)
def test_a_process_that_is_gone_is_not_told_and_its_file_is_swept(tmp_path: Path, changed: dict[str, object]) -> None:
    path = write(tmp_path, "gone", **changed)
    other = write(tmp_path, "there")
    assert len(runs(tmp_path, NOW, BOOT)) == 1
    sweep(tmp_path, NOW, BOOT)
    assert (path.exists(), other.exists()) == (False, True)


def test_a_process_of_this_host_that_lives_is_told(tmp_path: Path) -> None:
    write(tmp_path, "own", host=socket.gethostname(), pid=os.getpid())
    assert [run["pid"] for run in runs(tmp_path, NOW, BOOT)] == [os.getpid()]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": 1}', "\udcff"])
def test_what_no_process_writes_is_passed_over(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "odd")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert runs(tmp_path, NOW, BOOT) == []


def test_without_a_directory_nothing_runs(tmp_path: Path) -> None:
    assert runs(tmp_path / "nowhere", NOW, BOOT) == []
    sweep(tmp_path / "nowhere", NOW, BOOT)
