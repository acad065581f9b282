"""The Python of docs/python.md and of the README runs, on a database with a market and a strategy."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import ledger
from shared.database import Database, open_database
from tests.integration.console.market import fill_database
from tests.unit.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/python.md"


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """data/trading.db of the directory that the code runs in."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data/trading.db")
    opened = open_database(f"sqlite:///{tmp_path / 'data/trading.db'}")
    fill_database(opened)
    monkeypatch.chdir(tmp_path)
    yield opened
    opened.close()


def test_its_code_runs(database: Database) -> None:
    names: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - it is our own page
    with database.read() as connection:
        assert ledger.verify(connection) == []
    assert len(names["heard"]) == 1


def test_the_readmes_script_can_be_run_again(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    _, script = blocks(ROOT / "README.md", "python")
    for _ in range(2):
        exec(compile(script, "README.md", "exec"), {})  # noqa: S102 - it is our own page
        assert capsys.readouterr().out.splitlines()[0] == "75.00 6796.8"
    with database.read() as connection:
        assert ledger.verify(connection) == []
