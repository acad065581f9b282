"""Two keepers started by mistake: one works, the other stands by, healthy, and takes over when the first is gone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from shared.database import Database
from shared.upkeep import begin, holder, keeper_jobs, keeper_lock
from tests.integration.console.market import fill_database

CONFIG = "[exchanges.binance]\n[keeper]\naudit_minutes = 0.02\ncheckpoint_seconds = 1\n"


class Keepers:
    """Processes on one database, each with its own health file and log."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.started: list[subprocess.Popen[bytes]] = []
        (directory / "chandler.toml").write_text(CONFIG, encoding="utf-8")

    def start(self) -> "subprocess.Popen[bytes]":
        number = len(self.started)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CHANDLER_")}
        environ = clean | {
            "CHANDLER_CONFIG": str(self.directory / "chandler.toml"),
            "CHANDLER_PATHS__DATA": str(self.directory),
            "CHANDLER_PATHS__BACKUPS": str(self.directory / "backups"),
            "CHANDLER_PATHS__ARCHIVE": str(self.directory / "archive"),
            "CHANDLER_HEALTH_FILE": str(self.directory / f"health-{number}.json"),
        }
        with (self.directory / f"log-{number}").open("wb") as log:
            process = subprocess.Popen([sys.executable, "-m", "keeper"], env=environ, stderr=log)
        self.started.append(process)
        return process

    def log(self, number: int) -> str:
        return (self.directory / f"log-{number}").read_text()

    def wait_for(self, number: int, word: str) -> dict[str, Any]:
        """The health report of a keeper as soon as this is in it."""
        health, deadline = self.directory / f"health-{number}.json", monotonic() + 60
        while True:
            assert self.started[number].poll() is None, self.log(number)
            told = json.loads(health.read_text()) if health.exists() else {}
            if word in told.get("detail", ""):
                return dict(told)
            assert monotonic() < deadline, (told, self.log(number))
            sleep(0.05)


@pytest.fixture
def keepers(tmp_path: Path, database: Database) -> Iterator[Keepers]:
    fill_database(database)
    made = Keepers(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


def test_one_works_the_other_is_healthy_and_takes_over_within_seconds_when_the_first_is_killed(
    keepers: Keepers, tmp_path: Path
) -> None:
    first = keepers.start()
    keepers.wait_for(0, "went well")
    second = keepers.start()
    told = keepers.wait_for(1, "standing by")
    assert told["healthy"] is True
    assert f"another keeper works: process {first.pid} on" in told["detail"]
    assert "keeper started" not in keepers.log(1)
    first.kill()
    first.wait()
    keepers.wait_for(1, "went well")
    assert str(holder(keeper_lock(tmp_path / "trading.db"))).startswith(f"process {second.pid} on")


def test_the_one_that_stands_by_ends_at_once_when_it_is_told_to(keepers: Keepers) -> None:
    keepers.start()
    keepers.wait_for(0, "went well")
    second = keepers.start()
    keepers.wait_for(1, "standing by")
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0
    assert "keeper started" not in keepers.log(1)


def test_what_the_jobs_did_is_written_down_and_what_a_kill_cut_off_is_told(
    keepers: Keepers, database: Database
) -> None:
    with database.write() as connection:
        begin(connection, "ancient", now_us=1)
    keepers.start()

    def rows() -> dict[str, str]:
        with database.read() as connection:
            return {row.job: row.status for row in keeper_jobs(connection)}

    deadline = monotonic() + 60
    while not {"checkpoint", "disk", "audit"} <= {job for job, status in rows().items() if status == "ok"}:
        assert monotonic() < deadline, (rows(), keepers.log(0))
        sleep(0.05)
    assert rows()["ancient"] == "failed"
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM disk_samples").scalar_one() == 1
