"""One test of many: the same as alone, on no more candles than it may see."""

from dataclasses import asdict, replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.config import StrategySettings
from shared.market import Frame
from tests.unit.trader.backtest.example import BEGIN, BTC, MARKET, MINUTE
from tests.unit.trader.backtest.test_always import walk
from trader.backtest.engine import run
from trader.backtest.grid import Failed, Found, Job, Setting, combinations, on_disk, run_job
from trader.backtest.spec import of_section
from trader.loading import load

WANTED = StrategySettings.model_validate(
    {"id": "one", "name": "rsi_reversion", **asdict(BTC), "cash": "1000", "parameters": {"window": 4}}
)

PEEKING = """
from chandler import Frame, Position, Signal, Strategy, hold

class Peeking(Strategy):
    \"\"\"Writes down the newest candle it was ever shown.\"\"\"

    class Parameters(Strategy.Parameters):
        window: int = 4

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return hold()

    def entries(self, frame: Frame):
        with open({path!r}, "a") as file:
            print(int(frame.timestamps[-1]), file=file)
        return frame.close > 0
"""


def of(wanted: StrategySettings, directory: Path = Path("none")) -> Setting:
    return Setting(wanted, of_section(wanted), MARKET, directory)


def found(result: Found | Failed) -> Found:
    assert isinstance(result, Found), result
    return result


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 99), st.floats(0, 0.6), st.integers(0, 3_000), st.integers(1, 3_000))
def test_a_part_of_a_long_history_is_tested_as_on_the_whole_of_it(
    seed: int, holes: float, start: int, length: int
) -> None:
    frame, job = walk(seed, 3_000, holes), Job({}, BEGIN + start * MINUTE, BEGIN + (start + length) * MINUTE)
    setting = of(WANTED)
    whole = run(
        replace(setting.backtest, start=job.start, end=job.end), load(WANTED, setting.strategies), frame, MARKET
    )
    with on_disk([frame]) as directory:
        result = found(run_job(setting, directory, job))
    assert (result.sha256, D(result.equity)) == (whole.sha256(), whole.equity)


def test_no_candle_after_its_end_is_shown(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "peeking.py").write_text(PEEKING.format(path=str(seen)), encoding="utf-8")
    setting = of(WANTED.model_copy(update={"name": "peeking"}), tmp_path)
    end = BEGIN + 500 * MINUTE
    with on_disk([walk(1, 2_000)]) as directory:
        found(run_job(setting, directory, Job({}, BEGIN, end)))
    assert max(map(int, seen.read_text().split())) == end - MINUTE


def test_what_happens_after_a_training_changes_nothing_of_it() -> None:
    frame, job = walk(2, 2_000), Job({"window": 3}, None, BEGIN + 1_000 * MINUTE)
    columns = {name: frame[name].copy() for name in ("open", "high", "low", "close", "volume")}
    for column in columns.values():
        column[1_000:] *= 3
    results = []
    for each in (frame, Frame(frame.timestamps, columns)):
        with on_disk([each]) as directory:
            results.append(found(run_job(of(WANTED), directory, job)))
    assert results[0] == results[1]
    assert results[0].trades > 3


def test_a_set_that_is_refused_or_raises_is_told_and_no_more(tmp_path: Path) -> None:
    with on_disk([walk(1, 300)]) as directory:
        refused = run_job(of(WANTED), directory, Job({"window": 0}))
    assert isinstance(refused, Failed)
    assert "window" in refused.error


@pytest.mark.parametrize(
    ("values", "sets"),
    [({"a": [1, 2], "b": ["x"]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]), ({}, [{}])],
)
def test_each_value_is_combined_with_each_of_the_others(values: Any, sets: Any) -> None:
    assert combinations(values) == sets
