"""A database to be examined by `chandler doctor`, which must not change while it is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.doctor.show import run_doctor
from shared.database import open_database
from tests.integration.console.market import RUNNING, fill_database

CONFIG = f"""
[exchanges.binance]

[[strategies]]
id = "{RUNNING}"
name = "rsi_reversion"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
"""


@dataclass
class Doctor:
    """Examines what is in a directory, and holds that nothing in it changed meanwhile."""

    directory: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def environ(self) -> Mapping[str, str]:
        names = ("data", "backups", "archive", "journal", "cache", "strategies")
        paths = {f"CHANDLER_PATHS__{name.upper()}": str(self.directory / name) for name in names}
        return paths | {"CHANDLER_PATHS__DATA": str(self.directory), "CHANDLER_CONFIG": str(self.config)}

    @property
    def config(self) -> Path:
        return self.directory / "chandler.toml"

    @property
    def file(self) -> Path:
        return self.directory / "trading.db"

    def examine(self, *, quick: bool = False, strict: bool = False) -> tuple[int, dict[str, list[dict[str, str]]]]:
        """The exit code, and the findings of each check."""
        before = contents(self.directory)
        code = run_doctor(self.environ, as_json=True, quick=quick, strict=strict)
        assert contents(self.directory) == before
        found: dict[str, list[dict[str, str]]] = {}
        for line in json.loads(self.capsys.readouterr().out)["findings"]:
            found.setdefault(line["check"], []).append(line)
        return code, found

    def failures(self) -> dict[str, str]:
        """What is told of the checks that failed; there has to be one."""
        code, found = self.examine()
        failed = {
            check: line["told"] for check, lines in found.items() for line in lines if line["verdict"] == "failure"
        }
        assert code == 1
        assert failed
        assert all(line["todo"] for lines in found.values() for line in lines if line["verdict"] in FAULTS)
        return failed


FAULTS = ("failure", "warning")


def contents(directory: Path) -> dict[str, str]:
    """Every file's checksum. A reader's marks in the -shm are no content."""
    files = (path for path in directory.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    (tmp_path / "chandler.toml").write_text(CONFIG, encoding="utf-8")
    return Doctor(tmp_path, capsys)


@pytest.fixture
def filled(doctor: Doctor, database_file: Path) -> Doctor:
    """Books, candles, and nobody who has them open."""
    assert database_file == doctor.file
    database = open_database(f"sqlite:///{database_file}")
    fill_database(database)
    database.close()
    return doctor


def change(doctor: Doctor, *statements: str) -> None:
    """As a program does that knows nothing of Chandler."""
    database = open_database(f"sqlite:///{doctor.file}")
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for statement in statements:
            connection.exec_driver_sql(statement)
    database.close()
