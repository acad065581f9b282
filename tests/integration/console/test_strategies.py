"""`chandler strategies` on a real database, and in the layout of the containers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from console.main import app
from shared import candles
from shared.clock import now_us
from shared.database import Database
from shared.market import Candle, Interval, Series
from trader.check import walk

ROOT = Path(__file__).parents[3]
BTC = Series("binance", "BTC/USDT", "1m")
CONFIG = """
[paths]
data = "{directory}"
strategies = "{directory}/strategies"

[exchanges.binance]

[[strategies]]
id = "ema-btc"
name = "ema_cross"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
parameters = {{ fast = 5, slow = 20 }}
"""
GOOD = """
print("loaded")

from chandler import Frame, Position, Signal, Strategy, buy, hold, sell


class Mine(Strategy):
    '''Buys what rose.'''

    class Parameters(Strategy.Parameters):
        least: float = 0.0

    @property
    def warm_up(self) -> int:
        return 2

    def decide(self, frame: Frame, position: Position) -> Signal:
        if frame.close[-1] > frame.close[-2] * (1 + self.parameters.least):
            return hold() if position.is_open else buy()
        return sell() if position.is_open else hold()
"""
BAD = GOOD.replace("return 2", "return 2 / 0")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A configuration with one strategy, and a directory for the user's."""
    (tmp_path / "strategies").mkdir()
    (tmp_path / "chandler.toml").write_text(CONFIG.format(directory=tmp_path))
    return tmp_path


def chandler(place: Path, *arguments: str) -> Result:
    environ = {"CHANDLER_CONFIG": str(place / "chandler.toml"), "COLUMNS": "120"}
    return CliRunner().invoke(app, ["strategies", *arguments], env=environ, catch_exceptions=False)


def told(place: Path, *arguments: str) -> Any:
    return json.loads(chandler(place, *arguments, "--json").stdout)


def store(database: Database, count: int) -> None:
    made = walk(count, seed=3, step=BTC.step)
    columns = (made.open, made.high, made.low, made.close, made.volume)
    rows = [
        Candle(int(at), *map(float, values))
        for at, *values in zip(made.timestamps + BTC.step * 10_000, *columns, strict=True)
    ]
    covered = Interval(rows[0].timestamp, rows[-1].timestamp + BTC.step)
    with database.write() as connection:
        candles.store_page(connection, BTC, rows, covered, now_us=now_us())


def test_a_configured_strategy_is_checked_with_its_parameters_on_stored_candles(
    place: Path, database: Database
) -> None:
    store(database, 1_000)
    (found,) = told(place, "check", "--candles", "150")
    assert (found["id"], found["source"], found["candles"]) == ("ema-btc", "stored", 150)
    assert found["warm_up"] == 200
    assert found["good"]
    assert found["buys"] > 0


def test_without_stored_candles_a_walk_is_made_and_its_seed_told(place: Path) -> None:
    shown = chandler(place, "check", "--candles", "50", "--seed", "11")
    assert shown.exit_code == 0, shown.output
    assert "walk, seed 11" in shown.output
    assert not (place / "trading.db").exists()


def test_too_few_stored_candles_are_not_used(place: Path, database: Database) -> None:
    store(database, 100)
    (found,) = told(place, "check", "--candles", "50")
    assert found["source"] == "walk, seed 1"


def test_what_is_wrong_is_shown_with_its_reason_and_fails_the_command(place: Path) -> None:
    (place / "strategies" / "bad.py").write_text(BAD)
    shown = chandler(place, "check", "bad")
    assert shown.exit_code == 1
    assert "bad: loading: bad: ZeroDivisionError: division by zero" in shown.output


def test_all_means_those_that_are_not_configured_too(place: Path) -> None:
    (place / "strategies" / "mine.py").write_text(GOOD)
    found = told(place, "check", "--all", "--candles", "20", "--series", "kraken ETH/USD 5m")
    assert [each["id"] for each in found] == [
        "ema-btc",
        "bollinger_breakout",
        "buy_and_hold",
        "macd_trend",
        "rsi_reversion",
        "mine",
    ]
    assert {(each["exchange"], each["symbol"], each["timeframe"]) for each in found} == {("kraken", "ETH/USD", "5m")}
    assert all(each["good"] for each in found), found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["../secrets"], "'../secrets' is neither a strategy's id in the configuration nor its name"),
        (["--series", "BTC/USDT"], "write exchange, symbol and timeframe"),
        (["--series", "binance BTC/USDT 7m"], "7m"),
    ],
)
def test_a_mistake_in_what_is_asked_is_said(place: Path, arguments: list[str], said: str) -> None:
    shown = chandler(place, "check", *arguments)
    assert shown.exit_code == 1
    assert said in shown.stderr


def test_a_name_that_does_not_exist_fails(place: Path) -> None:
    shown = chandler(place, "check", "moon")
    assert shown.exit_code == 1
    assert "no strategy 'moon'" in shown.output


def test_the_list_shows_every_strategy_with_its_parameters(place: Path) -> None:
    (place / "strategies" / "mine.py").write_text(GOOD)
    found = {each["name"]: each for each in told(place, "list")}
    assert list(found) == ["bollinger_breakout", "buy_and_hold", "ema_cross", "macd_trend", "rsi_reversion", "mine"]
    assert (found["mine"]["shipped"], found["mine"]["does"]) == (False, "Buys what rose.")
    assert found["rsi_reversion"]["parameters"][0] == {
        "name": "window", "kind": "int", "bounds": ">= 2, <= 500", "default": 14, "required": False
    }  # fmt: skip
    shown = chandler(place, "list")
    assert shown.exit_code == 0
    assert "loaded" not in shown.output


def test_a_file_that_can_not_be_loaded_is_listed_with_the_reason(place: Path) -> None:
    (place / "strategies" / "broken.py").write_text("import does_not_exist")
    shown = chandler(place, "list")
    assert shown.exit_code == 1
    assert "broken.py can't be imported: ModuleNotFoundError" in shown.output
    assert "rsi_reversion" in shown.output


def test_a_read_only_mount_beside_the_sources_is_enough(place: Path, tmp_path: Path) -> None:
    """As the image starts the command: from anywhere, the sources on the path, the strategies mounted."""
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "mine.py").write_text(GOOD)
    mounted.chmod(0o555)
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CHANDLER_CONFIG": str(place / "chandler.toml"),
        "CHANDLER_PATHS__STRATEGIES": str(mounted),
    }
    command = [sys.executable, "-P", "-m", "console", "strategies", "check", "mine", "--json"]
    done = subprocess.run(command, cwd="/", env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["good"], found["candles"]) == (True, 500)
    assert os.listdir(mounted) == ["mine.py"]  # noqa: PTH208 - all of it, whatever it is called


def test_candles_of_a_file_need_neither_database_nor_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHANDLER_CONFIG", raising=False)
    made = walk(400, seed=3, step=BTC.step)
    columns = (made.timestamps + 1_640_995_200_000, made.open, made.high, made.low, made.close, made.volume)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    lines = ["timestamp,open,high,low,close,volume", *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "candles.csv").write_text("\n".join(lines))
    given = ("check", "rsi_reversion", "--file", "candles.csv", "--candles", "90", "--json")
    result = CliRunner().invoke(app, ["strategies", *given])
    (found,) = json.loads(result.stdout)
    assert (found["source"], found["candles"], found["good"]) == ("candles.csv", 90, True)
