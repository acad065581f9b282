"""`chandler bench store`, small: every figure is there, and nothing is left behind."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from console.bench.build import Size, build
from console.bench.store import measure
from shared.database import open_database, require_current, triggers
from shared.errors import StopError
from shared.portfolio import PortfolioReader

ROOT = Path(__file__).parents[3]


def test_the_store_that_is_measured_is_one_of_ours(tmp_path: Path) -> None:
    told: list[str] = []
    path = build(tmp_path, Size(20_000, 2_000, 8), told.append)
    with closing(open_database(f"sqlite:///{path}")) as database:
        require_current(database)
        with database.read() as connection:
            driver = connection.connection.driver_connection
            assert triggers.installed(driver) == triggers.expected(driver)
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            rows = {
                table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
                for table in ("balance_history", "trades", "positions", "change_log")
            }
        portfolio = PortfolioReader(database).now()
    assert rows == {"balance_history": 20_000, "trades": 2_000, "positions": 1_000, "change_log": 0}
    assert len(portfolio.holdings) == 1_000
    assert all(holding.cash > 0 and holding.position.is_open for holding in portfolio.holdings.values())
    assert told[0].startswith("building: balance_history")


def test_the_command_measures_everything_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "console", "bench", "store", "--scale", "0.01", "--dir", str(tmp_path), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert [(figure["what"].split(" (")[0], bool(figure["goal"])) for figure in found["figures"]] == [
        ("latest balance of 100,000, alone", False),
        ("portfolio of 1,000 positions in 50 markets, nothing changed", False),
        *[
            (f"{what} {whom}", True)
            for whom in ("200 updates a second", "8 writers flat out")
            for what in ("latest balance, beside", "portfolio, beside", "position updated and committed,")
        ],
        ("balances entered, 100,000 at once", True),
        *[(figure["what"], True) for figure in found["figures"][9:11]],
        ("its pages, references and books checked, for each GB", False),
    ]
    assert len(found["figures"]) == 12
    for updates in (found["figures"][4]["values"], found["figures"][7]["values"]):
        assert (updates["count"], updates["errors"]) == (1_000, 0)


def test_without_room_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.bench.store.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**9})())
    with pytest.raises(StopError, match=r"has 1\.0 GB free, the benchmark needs"):
        next(measure(tmp_path, 1, lambda _: None))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there_is_sought_above(tmp_path: Path) -> None:
    from console.bench.show import _existing

    assert _existing(tmp_path / "data" / "deeper") == tmp_path
