"""The clocks count in the units their names say."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import clock


@pytest.fixture
def not_linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A host without /proc; the path where its sysctl may be put."""
    monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "proc")
    monkeypatch.setattr(clock, "_SYSCTL", tmp_path / "sysctl")
    clock.boot_id.cache_clear()
    yield tmp_path / "sysctl"
    clock.boot_id.cache_clear()


def test_the_wall_clock_is_read_in_milliseconds_and_microseconds_since_1970() -> None:
    before = time.time()
    in_ms, in_us = clock.now_ms(), clock.now_us()
    after = time.time()
    assert int(before * 1_000) <= in_ms <= after * 1_000
    assert int(before * 1_000_000) - 1 <= in_us <= after * 1_000_000 + 1


def test_the_boot_clock_never_goes_back() -> None:
    readings = [clock.boot_us() for _ in range(1_000)]
    assert readings == sorted(readings)
    assert readings[0] > 0


def test_all_processes_of_one_boot_agree_on_its_name() -> None:
    assert clock.boot_id()
    assert clock.boot_id() == clock.boot_id()


def test_macos_names_its_boots_by_sysctl_and_is_asked_once(not_linux: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    not_linux.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{asked}"\necho 5E6FFEBE-0000-4000-8000-000000000001\n')
    not_linux.chmod(0o755)
    assert {clock.boot_id() for _ in range(3)} == {"5E6FFEBE-0000-4000-8000-000000000001"}
    assert asked.read_text() == "-n kern.bootsessionuuid\n"


@pytest.mark.parametrize("sysctl", [None, "#!/bin/sh\necho unknown oid >&2\nexit 1\n"])
def test_a_system_that_does_not_name_its_boots_has_one_name_for_all(not_linux: Path, sysctl: str | None) -> None:
    if sysctl:
        not_linux.write_text(sysctl)
        not_linux.chmod(0o755)
    assert clock.boot_id() == "this-host"
