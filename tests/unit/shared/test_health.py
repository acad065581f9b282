"""Health by progress: a word and a stamp in a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.clock import boot_id, boot_us
from shared.health import complaint, report

BOOT = "this boot"


def word(**changed: object) -> str:
    return json.dumps({"healthy": True, "detail": "3 series up to date", "boot_id": BOOT, "boot_us": 1, **changed})


def check(path: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "shared.health"]
    environment = {**os.environ, "CHANDLER_HEALTH_FILE": str(path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_fresh_good_word_is_healthy() -> None:
    assert complaint(word(), 5_000_000, BOOT) is None


def test_a_bad_word_gives_its_reason() -> None:
    assert complaint(word(healthy=False, detail="binance is behind"), 5_000_000, BOOT) == "binance is behind"


def test_only_true_is_healthy() -> None:
    assert complaint(word(healthy="no", detail="odd"), 5_000_000, BOOT) == "odd"


def test_an_old_word_is_unhealthy_however_good_it_is() -> None:
    assert complaint(word(), 31_000_002, BOOT) == (
        "the last report is 31 s old, the service hangs or has gone: 3 series up to date"
    )


def test_a_word_from_before_the_host_booted_does_not_count() -> None:
    assert "before the host booted" in (complaint(word(boot_id="another"), 5_000_000, BOOT) or "")


def test_no_word_and_rubbish_are_unhealthy() -> None:
    assert complaint(None, 1, BOOT) == "no health was reported yet"
    for rubbish in ("", "{}", "[1]", "null", '{"healthy": true}', word(boot_us="soon")):
        assert "not what a service writes" in (complaint(rubbish, 1, BOOT) or "")


def test_what_a_service_reports_the_check_reads(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    report(True, "lease held", path)
    assert complaint(path.read_text(), boot_us(), boot_id()) is None
    assert list(tmp_path.iterdir()) == [path]
    report(False, "lease lost", path)
    assert complaint(path.read_text(), boot_us(), boot_id()) == "lease lost"


@pytest.mark.parametrize("name", ["health.json", ".health.json.{pid}"])
def test_a_link_that_somebody_planted_is_replaced_and_never_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "theirs").write_text("precious")
    (tmp_path / name.format(pid=os.getpid())).symlink_to(tmp_path / "theirs")
    report(True, "lease held", tmp_path / "health.json")
    assert (tmp_path / "theirs").read_text() == "precious"
    assert not (tmp_path / "health.json").is_symlink()
    assert json.loads((tmp_path / "health.json").read_text())["detail"] == "lease held"


def test_a_disk_that_refuses_the_report_does_not_stop_the_service(tmp_path: Path) -> None:
    report(True, "fine", tmp_path / "missing" / "health.json")
    assert list(tmp_path.iterdir()) == []


def test_the_check_exits_0_only_if_healthy(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    missing = check(path)
    assert (missing.returncode, missing.stderr) == (1, f"unhealthy: no health was reported yet ({path})\n")
    report(True, "fine", path)
    assert (check(path).returncode, check(path).stderr) == (0, "")
