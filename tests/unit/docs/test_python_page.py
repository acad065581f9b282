"""docs/python.md: its code runs from top to bottom, on a database with a market and a strategy."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from shared import ledger
from shared.database import open_database
from tests.integration.console.market import fill_database
from tests.unit.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/python.md"


def test_its_code_runs(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data/trading.db")
    database = open_database(f"sqlite:///{tmp_path / 'data/trading.db'}")
    fill_database(database)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - it is our own page
    with database.read() as connection:
        assert ledger.verify(connection) == []
    database.close()
    assert len(names["heard"]) == 1
