"""What is said of a host: its disks, its permissions, its directories."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection

from console.doctor import host
from console.doctor.finding import Subject
from console.doctor.mounts import Mount
from shared.config import Settings


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Subject]:
    def subject(**keeper: object) -> Subject:
        names = ("data", "backups", "archive", "journal", "cache")
        (tmp_path / "data").mkdir(exist_ok=True)
        settings = {
            "exchanges": {"binance": {}},
            "paths": {name: str(tmp_path / name) for name in names},
            "keeper": keeper,
        }
        file = tmp_path / "data" / "trading.db"
        read = lambda: nullcontext(cast("Connection", None))  # noqa: E731
        return Subject(Settings.model_validate(settings), file, read)

    return subject


def told(findings: object) -> list[tuple[str, str]]:
    return [(each.verdict, each.told) for each in findings]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("mount", "verdict", "words"),
    [
        (Mount("/data", "/", "ext4", is_read_only=False), "ok", "here"),
        (Mount("/data", "/", "nfs4", is_read_only=False), "failure", "corrupts"),
        (Mount("/data", "/", "virtiofs", is_read_only=False), "failure", "corrupts"),
        (Mount("/data", "/", "ext4", is_read_only=True), "failure", "read-only"),
        (Mount("/", "/", "overlay", is_read_only=False), "warning", "goes with the container"),
        (Mount("/data", "/", "tmpfs", is_read_only=False), "warning", "gone when the host stops"),
    ],
)
def test_where_the_database_lies_decides_whether_it_is_safe(mount: Mount, verdict: str, words: str) -> None:
    found = host.of_place("data", mount, "data: here")
    assert found.verdict == verdict
    assert words in found.told


def test_backups_may_lie_on_a_network_share() -> None:
    assert host.of_place("backups", Mount("/backups", "/", "nfs4", is_read_only=False), "backups").verdict == "ok"


def test_directories_that_are_made_when_needed_are_no_fault(make: Callable[..., Subject]) -> None:
    assert [verdict for verdict, _ in told(host.permissions(make()))] == ["ok"]


def test_without_its_directory_there_is_no_database(make: Callable[..., Subject], tmp_path: Path) -> None:
    subject = make()
    (tmp_path / "data").rmdir()
    assert told(host.permissions(subject)) == [("failure", f"the data directory {tmp_path / 'data'} does not exist")]


def test_what_everybody_may_write_is_a_warning(make: Callable[..., Subject], tmp_path: Path) -> None:
    subject = make()
    file = tmp_path / "data" / "trading.db"
    file.touch()
    file.chmod(0o666)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups").chmod(0o777)
    assert told(host.permissions(subject)) == [
        ("warning", f"{tmp_path / 'backups'} can be written by everybody on this host"),
        ("warning", f"{file} can be written by everybody on this host"),
    ]


def test_a_file_where_a_directory_should_be_is_a_failure(make: Callable[..., Subject], tmp_path: Path) -> None:
    (tmp_path / "archive").touch()
    assert told(host.permissions(make())) == [("failure", f"{tmp_path / 'archive'} is no directory")]


def test_a_disk_with_room_is_told_once_for_all_that_is_on_it(make: Callable[..., Subject], tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    ((verdict, line),) = told(host.disk(make(disk_stop_megabytes=0)))
    assert verdict == "ok"
    assert line.endswith("are free for data, backups")
