"""The `chandler` command."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from console.main import app

HEAVY = ("rich", "fastapi", "uvicorn", "sqlalchemy", "pandas", "ccxt", "numpy")


def test_help_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0
    for command in ("demo", "serve", "status", "config", "candles"):
        assert f"\n  {command} " in shown.output


@pytest.mark.parametrize("group", [[], ["candles"], ["journal"], ["ledger"], ["strategies"], ["config"]])
def test_what_a_command_does_is_not_cut_on_a_narrow_terminal(group: list[str]) -> None:
    shown = CliRunner().invoke(app, [*group, "--help"], terminal_width=80)
    assert shown.exit_code == 0
    assert "..." not in shown.output.partition("Commands:")[2]


def test_version_is_printed() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert shown.exit_code == 0
    assert shown.output.startswith("chandler ")


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, console.main; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_mistake_is_a_message_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHANDLER_CONFIG", "nowhere.toml")
    assert CliRunner().invoke(app, ["config", "check"]).exit_code == 1
    with pytest.raises(SystemExit):
        app(["status"])
    assert capsys.readouterr().err.startswith("chandler: can't read the configuration nowhere.toml")
