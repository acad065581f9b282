"""Logs are one JSON object a line in a container and readable on a terminal; both go to standard error."""

import json
import subprocess
import sys

import pytest
from pydantic import SecretStr

from shared.logs import start_logging


def test_a_line_is_a_json_object_with_service_level_time_and_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("backfiller", as_json=True).info("stored a page", series="binance BTC/USDT 1m", candles=1000)
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    assert captured.out == ""
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "service": "backfiller",
        "level": "info",
        "event": "stored a page",
        "series": "binance BTC/USDT 1m",
        "candles": 1000,
    }


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log = start_logging("trader", "warning", as_json=True)
    log.info("all is well")
    log.warning("the market is stale")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["the market is stale"]


def test_an_exception_stays_within_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = start_logging("keeper", as_json=True)
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("the audit failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["exception"][0]["exc_value"] == "broken"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_secret_is_masked(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("trader", as_json=as_json).info("opened", url=SecretStr("postgresql://u:hunter2@db/chandler"))
    shown = capsys.readouterr().err
    assert "opened" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_does_not_show_what_its_variables_hold(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    def connect() -> None:
        password = SecretStr("hunter2").get_secret_value()
        raise ConnectionError(f"refused after {len(password)} letters")

    log = start_logging("trader", as_json=as_json)
    try:
        connect()
    except ConnectionError:
        log.exception("no database")
    shown = capsys.readouterr().err
    assert "refused after 7 letters" in shown
    assert "hunter2" not in shown


def test_without_a_terminal_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("console").info("ready")
    assert json.loads(capsys.readouterr().err)["event"] == "ready"


SERVICE = """
import logging
from shared.logs import start_logging
logging.getLogger("a.library").warning("before: %s", "as it is")
start_logging("trader", as_json=True)
logging.getLogger("a.library").warning("slow: %d ms", 7, extra={"told": {"ms": 7}})
logging.getLogger("a.library").info("below what libraries may say")
"""


def test_readable_lines_have_no_colours_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("console", as_json=False).warning("a full backup is needed", why="there is none")
    (line,) = capsys.readouterr().err.splitlines()
    assert "a full backup is needed" in line
    assert "\033" not in line


def test_what_libraries_log_comes_in_the_same_form() -> None:
    done = subprocess.run([sys.executable, "-c", SERVICE], capture_output=True, text=True, check=True)
    before, *lines = done.stderr.splitlines()
    assert before == "before: as it is"
    (line,) = [json.loads(each) for each in lines]
    assert line.pop("timestamp").endswith("Z")
    assert line == {"service": "trader", "level": "warning", "event": "slow: 7 ms", "logger": "a.library", "ms": 7}
