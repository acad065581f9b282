"""`chandler backtest`, from a file without a database, and from the database."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest
from typer.testing import CliRunner

from console.backtest.run import run_plan
from console.backtest.wish import Wish, planned
from console.main import app
from shared import candles
from shared.clock import now_us
from shared.config import load_settings
from shared.database import Database
from shared.market import Candle, Frame, Interval, Series
from tests.integration.trader.desk import MARKET
from tests.integration.trader.test_replicas import wait_until
from tests.unit.trader.backtest.example import BEGIN, MINUTE
from tests.unit.trader.backtest.test_always import walk
from trader.backtest.engine import run
from trader.backtest.grid import mapped, on_disk
from trader.loading import load

BTC = Series("binance", "BTC/USDT", "1m")
GIVEN = ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", "candles.parquet")
NAMES = ("open", "high", "low", "close", "volume")
CONFIG = """
[paths]
data = "{directory}"
strategies = "{directory}/strategies"
archive = "{directory}/archive"
cache = "{directory}/cache"

[exchanges.binance]

[[strategies]]
id = "ema-btc"
name = "ema_cross"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
cash = 2000
parameters = {{ fast = 5, slow = 20 }}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """3,000 candles in a Parquet file, and no configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHANDLER_CONFIG", raising=False)
    path = tmp_path / "candles.parquet"
    frame = walk(3, 3_000)
    pl.DataFrame({"timestamp": frame.timestamps, **{name: frame[name] for name in NAMES}}).write_parquet(path)
    return path


@pytest.fixture
def configured(database: Database, database_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same candles in a database, the second thousand of them never fetched."""
    (tmp_path / "chandler.toml").write_text(CONFIG.format(directory=tmp_path), encoding="utf-8")
    monkeypatch.setenv("CHANDLER_CONFIG", str(tmp_path / "chandler.toml"))
    monkeypatch.setenv("CHANDLER_DATABASE__URL", f"sqlite:///{database_file}")
    frame = walk(3, 3_000)
    rows = [Candle(*row) for row in zip(frame.timestamps.tolist(), *(frame[n].tolist() for n in NAMES), strict=True)]
    with database.write() as connection:
        candles.save_markets(connection, [MARKET], now_us())
        for part in (rows[:1_000], rows[2_000:]):
            covered = Interval(part[0].timestamp, part[-1].timestamp + MINUTE)
            candles.store_page(connection, BTC, part, covered, now_us=now_us())
    return database


def told(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["backtest", *arguments])
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def found(*arguments: str) -> Any:
    return json.loads(told(*arguments, "--json"))


def test_a_file_needs_neither_database_nor_configuration(file: Path) -> None:
    report = found("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file), "--set", "window=7")
    assert report["candles"] == 3_000
    assert report["closed_trades"] > 5
    assert "closed trades" in told("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file))


def test_a_spec_file_says_it_all(file: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        f"""
        [strategy]
        name = "ema_cross"
        exchange = "binance"
        symbol = "BTC/USDT"
        timeframe = "1m"
        cash = 500
        parameters = {{ fast = 3, slow = 9 }}
        [backtest]
        file = "{file}"
        to = "2022-01-02"
        [paper]
        slippage = 0
        [market]
        amount_step = "0.01"
        """,
        encoding="utf-8",
    )
    report = found("mine.toml")
    assert (report["strategy_id"], report["cash"], report["settings"]["paper"]["slippage"]) == ("mine", "500", "0")
    assert report["settings"]["market"]["amount_step"] == "0.01"
    assert report["end_ms"] <= 1_641_081_600_000


def test_a_configured_strategy_is_tested_on_what_is_stored_and_gaps_are_told(configured: Database) -> None:
    result = CliRunner().invoke(app, ["backtest", "ema-btc", "--json"])
    report = json.loads(result.stdout)
    assert "never fetched: 1 gap, 1,000 minutes in all" in result.stderr
    assert (report["candles"], report["cash"]) == (2_000, "2000")
    behind = BEGIN + 2_000 * MINUTE
    assert not any(behind <= each["candle"] < behind + 199 * MINUTE for each in report["signals"])
    assert report["settings"]["market"]["amount_step"] == "0.00001"


def test_a_start_has_its_warm_up_before_it(configured: Database) -> None:
    report = found("ema-btc", "--from", "2022-01-01T12:00", "--to", "2022-01-01T14:00")
    assert report["candles"] == 120
    assert report["start_ms"] == 1_641_038_400_000


def test_on_a_market_that_seldom_trades_it_begins_with_what_a_trader_would_have_seen(
    database: Database, database_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chandler.toml").write_text(CONFIG.format(directory=tmp_path), encoding="utf-8")
    monkeypatch.setenv("CHANDLER_CONFIG", str(tmp_path / "chandler.toml"))
    monkeypatch.setenv("CHANDLER_DATABASE__URL", f"sqlite:///{database_file}")
    frame = walk(3, 40_000)
    seldom = Frame(frame.timestamps[::12].copy(), {name: frame[name][::12].copy() for name in NAMES})
    rows = [Candle(*row) for row in zip(seldom.timestamps.tolist(), *(seldom[n].tolist() for n in NAMES), strict=True)]
    with database.write() as connection:
        candles.save_markets(connection, [MARKET], now_us())
        covered = Interval(rows[0].timestamp, rows[-1].timestamp + MINUTE)
        candles.store_page(connection, BTC, rows, covered, now_us=now_us())
    since = datetime.fromtimestamp(rows[2_500].timestamp / 1000, UTC).isoformat()
    settings = load_settings(os.environ)
    plan = planned(Wish("ema-btc", since=since), settings)
    part = run_plan(plan, settings).outcome
    whole = run(plan.backtest, load(plan.wanted, settings.paths.strategies), seldom, MARKET)
    assert [each.candle for each in part.signals] == [each.candle for each in whole.signals] != []
    assert part.sha256() == whole.sha256()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nothing_like_it", "--series", "binance BTC/USDT 1m", "--file", "candles.parquet"), "no strategy 'nothing"),
        (("rsi_reversion", "--file", "candles.parquet"), "say on which candles"),
        (
            ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", "none.parquet"),
            "there is no file none.parquet",
        ),
        (("rsi_reversion", "--series", "binance BTC/USDT 1m"), "can't read the configuration"),
        (
            ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", "candles.parquet", "--set", "window"),
            "write NAME=VALUE",
        ),
        (("rsi_reversion", "--series", "binance BTC/USDT 7m", "--file", "candles.parquet"), "unknown timeframe '7m'"),
        (("rsi_reversion", "--series", "binance BTC/USDT 1h", "--file", "candles.parquet"), "of another timeframe?"),
        ((*GIVEN, "--from", "2030-01-01"), "there are no candles of binance BTC/USDT 1m in that time"),
        ((*GIVEN, "--from", "2030-01-01", "--grid", "window=5,9"), "there are no candles of binance BTC/USDT 1m in"),
    ],
)
def test_what_can_not_be_tested_is_said_in_a_sentence(file: Path, arguments: tuple[str, ...], why: str) -> None:
    output = told(*arguments, code=1)
    assert why in output
    assert "Traceback" not in output


def test_a_grid_gives_each_combination_what_it_gets_alone(file: Path) -> None:
    given = ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file))
    grid = found(*given, "--grid", "rsi.window=5,9", "--grid", "upper=60,70", "--jobs", "2", "--by", "return")
    assert len(grid) == 4
    gains = [each["performance"]["total_return"] for each in grid]
    assert gains == sorted(gains, reverse=True)
    best = grid[0]["parameters"]
    alone = found(*given, "--set", f"window={best['window']}", "--set", f"upper={best['upper']}")
    assert alone["trades_sha256"] == grid[0]["trades_sha256"]


def test_walking_forward_each_test_follows_its_training(file: Path) -> None:
    given = ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file))
    walk = found(*given, "--grid", "window=5,9", "--walk-forward", "1d/0.5d", "--jobs", "2")
    steps = walk["steps"]
    assert [each["test"]["start_ms"] for each in steps] == [each["training"]["end_ms"] for each in steps]
    assert all(each["test"]["parameters"] == each["training"]["parameters"] for each in steps)
    assert len(steps) == 3
    whole = 1.0
    for each in steps:
        whole *= 1 + each["test"]["performance"]["total_return"]
    assert walk["total_return"] == pytest.approx(whole - 1)


def test_a_set_that_does_not_fit_is_told_and_the_others_are_tested(file: Path) -> None:
    given = ("ema_cross", "--series", "binance BTC/USDT 1m", "--file", str(file), "--grid", "fast=5,20")
    result = CliRunner().invoke(app, ["backtest", *given, "--grid", "slow=10,30", "--json", "--jobs", "1"])
    assert result.exit_code == 0
    *fine, wrong = json.loads(result.stdout)
    assert [each["parameters"] for each in fine if "error" in each] == []
    assert (len(fine), wrong["parameters"]) == (3, {"fast": 20, "slow": 10})
    assert "fast=20, slow=10 failed" in result.stderr
    assert "fast must be smaller" in told(*given, "--grid", "slow=4,5", code=1)


def test_an_interrupt_ends_every_process(file: Path) -> None:
    values = ",".join(map(str, range(2, 400)))
    given = ["rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file), "--grid", f"window={values}"]
    command = [sys.executable, "-m", "console", "backtest", *given, "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as main:
        wait_until(lambda: len(_workers(main.pid)) == 2, "both processes work")
        workers = _workers(main.pid)
        os.killpg(main.pid, signal.SIGINT)
        _, errors = main.communicate(timeout=60)
    assert main.returncode not in (0, None)
    assert b"Traceback" not in errors
    psutil.wait_procs(workers, timeout=30)
    assert not [each for each in workers if each.is_running()]


def _workers(pid: int) -> list[psutil.Process]:
    try:
        children = psutil.Process(pid).children(recursive=True)
        return [each for each in children if "spawn_main" in " ".join(each.cmdline())]
    except psutil.NoSuchProcess:
        return []


def test_a_page_is_written_beside_the_tables_or_the_json(file: Path, tmp_path: Path) -> None:
    given = ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file), "--set", "window=7")
    report = found(*given, "--html", "page.html")
    assert report["trades_sha256"] in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (report["strategy"], report["parameters"]["window"], report["gaps"]) == ("rsi_reversion", 7, [])
    assert report == found(*given)
    assert "shows one test" in told(*given, "--html", "page.html", "--grid", "window=5,9", code=1)


def test_candles_on_disk_are_the_candles(tmp_path: Path) -> None:
    frame = walk(1, 100)
    with on_disk([frame.until(30), frame.last(70)]) as directory:
        again: Frame = mapped(directory)
        assert (again.timestamps == frame.timestamps).all()
        assert all((again[name] == frame[name]).all() for name in NAMES)
    assert not directory.exists()
