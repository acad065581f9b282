"""`chandler changes` on a real database."""

import json
from pathlib import Path

import pytest

from console.changes import show_changes
from shared import ledger
from shared.config import Settings
from shared.database import Database
from shared.errors import ConfigError
from shared.trading.state import DESK, State, StateRow


@pytest.fixture
def settings(database: Database, database_file: Path) -> Settings:
    """Of a database in which the desk was halted, and let go again."""
    for now, state in ((1, State.HALTED), (2, State.ACTIVE)):
        with database.write() as connection:
            ledger.set_state(connection, StateRow(DESK, state, "operator", f"step {now}"), now)
    return Settings.model_validate({"paths": {"data": database_file.parent}, "exchanges": {"binance": {}}})


def test_the_newest_change_comes_first(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_changes(settings, None, None, 50, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(each["table_name"], each["operation"], each["row"]["reason"]) for each in told] == [
        ("trading_states", "update", "step 2"),
        ("trading_states", "insert", "step 1"),
    ]


def test_it_can_be_asked_for_a_table_a_time_and_a_number(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [("trading_states", None, 1), ("leases", None, 50), (None, "2999-01-01T00:00:00Z", 50)]
    found = []
    for table, since, limit in wanted:
        show_changes(settings, table, since, limit, as_json=True)
        found.append(len(json.loads(capsys.readouterr().out)))
    assert found == [1, 0, 0]


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_a_change_is_a_line(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    show_changes(settings, None, None, 50, as_json=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "trading_states" in line]
    assert [line[2:4] for line in lines] == [["update", "trading_states"], ["insert", "trading_states"]]
    assert all(len(" ".join(line)) <= width for line in lines)


def test_nothing_to_show_and_a_table_that_is_none_are_said(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    show_changes(settings, "leases", None, 50, as_json=False)
    assert "what a backup holds leaves it" in capsys.readouterr().out
    show_changes(settings, "trades", None, 50, as_json=False)
    assert "rows are only ever added to trades" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="there is no table trade: docs"):
        show_changes(settings, "trade", None, 50, as_json=False)
