"""`chandler parity`: what a backtest decides is what a trader decides, and what makes a difference is found."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from console.main import app
from shared.errors import StopError
from shared.market import Frame, Indicator, Market
from shared.market.frame import Column
from shared.trading import Position, Rows, Signal, Strategy, buy, hold, sell
from tests.unit.trader.backtest.example import BEGIN, BTC, MARKET, MINUTE
from tests.unit.trader.backtest.test_always import LIMITED, SHIPPED, WANTED, Restless, walk
from trader.backtest.engine import run
from trader.backtest.spec import Backtest
from trader.parity import Parity, compared

NAMES = ("open", "high", "low", "close", "volume")
FILE = Path(__file__).parents[4] / "shared/data/binance_BTC-USDT_1m_2022.parquet"


def parity(
    fresh: Callable[[], Strategy], history: Frame, directory: Path, wanted: Backtest = WANTED, **given: Any
) -> Parity:
    def test(strategy: Strategy, frame: Frame, market: Market) -> Any:
        return run(wanted, strategy, frame, market, breaks=given.get("breaks", ()))

    return compared(wanted, fresh, history, MARKET, directory, test, **{"restarts": 10, **given})


class Average(Strategy):
    """Above or below an average that is a function of the frame."""

    @property
    def warm_up(self) -> int:
        return 20

    def indicators(self) -> Mapping[str, str | Indicator]:
        return {"mean": self.mean}

    def mean(self, frame: Frame) -> Column:
        """Of the run so far."""
        return np.asarray(np.cumsum(frame.close) / np.arange(1, len(frame) + 1))

    def decide(self, frame: Frame, position: Position) -> Signal:
        above = bool(frame.close[-1] > frame["mean"][-1])
        if above and not position.is_open:
            return buy(reason="above")
        return sell(reason="below") if position.is_open and not above else hold()


class Prophet(Average):
    """The average knows what comes later."""

    def mean(self, frame: Frame) -> Column:
        return np.full(len(frame), frame.close.mean())


class Counting(Average):
    """Skips every other wish to trade, by a count of its own that a restart forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.count = count(1)

    def decide(self, frame: Frame, position: Position) -> Signal:
        wish = super().decide(frame, position)
        return wish if wish.is_hold or next(self.count) % 2 == 0 else hold()


class Forgetful(Average):
    """Its `entries` leave some out that `decide` would take."""

    def entries(self, frame: Frame) -> Rows:
        return np.asarray((frame.close > frame["mean"]) & (frame.timestamps // MINUTE % 3 > 0))


@pytest.mark.parametrize("strategy", [*SHIPPED, Restless(), Average()], ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("wanted", [WANTED, LIMITED], ids=["free", "limited"])
def test_nothing_differs(strategy: Strategy, wanted: Backtest, tmp_path: Path) -> None:
    found = parity(lambda: type(strategy)(strategy.parameters.model_dump()), walk(5, 700, 0.1), tmp_path, wanted)
    assert found.is_good
    assert found.differences == ()
    assert found.live_sha256 == found.outcome.sha256()
    assert len(found.outcome.signals) == len(found.live.ledger.signals) > 0
    assert len(found.restarts) == 10
    assert found.live.values.asked.sum() == found.live.candles - strategy.warm_up + 1


def test_behind_a_gap_both_wait_for_the_warm_up(tmp_path: Path) -> None:
    history = walk(5, 900)
    rows = np.flatnonzero((np.arange(900) < 300) | (np.arange(900) >= 500))
    holed = Frame(history.timestamps[rows], {name: history[name][rows] for name in NAMES})
    gap_end = BEGIN + 495 * MINUTE
    found = parity(Average, holed, tmp_path, breaks=(gap_end,))
    assert found.is_good
    asked = np.flatnonzero(found.live.values.asked)
    assert asked.tolist() == [*range(19, 300), *range(319, 700)]


def test_a_column_that_knows_what_comes_later_is_found_out(tmp_path: Path) -> None:
    found = parity(Prophet, walk(5, 700), tmp_path, restarts=0)
    assert not found.is_good
    assert found.columns["mean"] > 500
    assert found.differences


def test_state_that_a_restart_forgets_is_found_out(tmp_path: Path) -> None:
    found = parity(Counting, walk(5, 700), tmp_path, restarts=30)
    assert not found.is_good
    assert found.columns["mean"] == 0
    first = found.differences[0]
    assert first.candle >= found.restarts[0]
    assert first.backtest != first.live


def test_entries_that_leave_something_out_are_found_out(tmp_path: Path) -> None:
    found = parity(Forgetful, walk(5, 700), tmp_path)
    assert found.differences
    assert found.differences[0].backtest is None
    assert found.differences[0].candle // MINUTE % 3 == 0


def test_the_live_side_sees_nothing_that_comes_later(tmp_path: Path) -> None:
    history = walk(5, 700)
    changed = {name: np.where(np.arange(700) >= 400, history[name] * 2, history[name]) for name in NAMES}
    other = Frame(history.timestamps, changed)
    (tmp_path / "other").mkdir()
    one, two = parity(Average, history, tmp_path), parity(Average, other, tmp_path / "other")
    until = int(history.timestamps[400])
    early = [[each for each in found.live.ledger.signals if each.candle < until] for found in (one, two)]
    assert early[0] == early[1] != []
    assert (one.live.values.columns["mean"][19:400] == two.live.values.columns["mean"][19:400]).all()
    assert (one.live.values.columns["mean"][400:] != two.live.values.columns["mean"][400:]).all()


def test_without_a_candle_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="no candle to decide on"):
        parity(Average, walk(5, 50), tmp_path, Backtest("one", BTC, start=BEGIN + 60 * MINUTE))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """700 candles in a Parquet file, and a strategy of the user's that looks ahead."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHANDLER_CONFIG", raising=False)
    frame = walk(3, 700)
    path = tmp_path / "candles.parquet"
    pl.DataFrame({"timestamp": frame.timestamps, **{name: frame[name] for name in NAMES}}).write_parquet(path)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "prophet.py").write_text(
        "import numpy as np\n"
        "from chandler import Frame, Position, Signal, Strategy, buy, hold, sell\n"
        "class Prophet(Strategy):\n"
        "    @property\n"
        "    def warm_up(self): return 5\n"
        "    def indicators(self): return {'next': lambda frame: np.append(frame.close[1:], frame.close[-1])}\n"
        "    def decide(self, frame, position):\n"
        "        rises = frame['next'][-1] > frame.close[-1]\n"
        "        if rises and not position.is_open: return buy(reason='it will rise')\n"
        "        return sell() if position.is_open and not rises else hold()\n",
        encoding="utf-8",
    )
    return path


def told(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["parity", *arguments])
    return result.exit_code, result.output


def test_the_command_says_that_nothing_differs(file: Path) -> None:
    given = ("rsi_reversion", "--series", "binance BTC/USDT 1m", "--file", str(file), "--set", "window=5")
    code, output = told(*given, "--restarts", "5")
    assert code == 0
    assert "nothing differs" in output
    code, output = told(*given, "--restarts", "5", "--seed", "7", "--json", "--from", "2022-01-01T06:00")
    report = json.loads(output)
    assert (code, report["is_good"], report["differences"], len(report["restarts_ms"])) == (0, True, [], 5)
    assert report["trades_sha256"]["backtest"] == report["trades_sha256"]["live"]
    assert report["candles"] < 700


def test_the_command_names_what_differs_and_fails(file: Path) -> None:
    given = ("prophet", "--series", "binance BTC/USDT 1m", "--file", str(file))
    code, output = told(*given)
    assert code == 1
    assert "the column 'next' has another value" in output
    assert "backtest: buy, it will rise; ordered" in output
    assert "they differ" in output
    code, output = told(*given, "--json")
    report = json.loads(output)
    assert code == 1
    assert report["differences"]


@pytest.mark.skipif(not FILE.exists(), reason=f"the real candles of {FILE.name} are not on this machine")
@pytest.mark.parametrize("name", ["bollinger_breakout", "ema_cross", "macd_trend", "rsi_reversion"])
def test_on_a_day_of_real_candles_nothing_differs(name: str, file: Path) -> None:
    given = ("--series", "binance BTC/USDT 1m", "--file", str(FILE), "--from", "2022-06-13", "--to", "2022-06-14")
    code, output = told(name, *given, "--restarts", "20", "--json")
    report = json.loads(output)
    assert (code, report["candles"], report["differences"]) == (0, 1_440, [])
    assert report["signals"]["live"] > 0
