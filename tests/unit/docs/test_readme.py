"""The README's strategy is one: it loads from its section and decides. Its script runs."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from shared.config import StrategySettings, load_settings
from shared.market import Frame
from shared.trading import Position, Side, Strategy
from tests.unit.docs.pages import ROOT, blocks
from trader.loading import load

README = ROOT / "README.md"
FLAT, LONG = Position(), Position(amount=Decimal(1), cost=Decimal(100))


@pytest.fixture
def section(tmp_path: Path) -> StrategySettings:
    """The README's section as a configuration file has it."""
    (block,) = blocks(README, "toml")
    (tmp_path / "chandler.toml").write_text(f"[exchanges.binance]\n{block}", encoding="utf-8")
    (wanted,) = load_settings({"CHANDLER_CONFIG": str(tmp_path / "chandler.toml")}).strategies
    return wanted


@pytest.fixture
def strategy(section: StrategySettings, tmp_path: Path) -> Strategy:
    """The README's class, from a file of the section's name."""
    block, _ = blocks(README, "python")
    (tmp_path / f"{section.name}.py").write_text(block, encoding="utf-8")
    return load(section, tmp_path)


def frame(closes: Sequence[float]) -> Frame:
    column = np.array(closes, dtype=np.float64)
    return Frame(np.arange(len(column), dtype=np.int64) * 300_000, {"close": column})


def test_it_takes_the_parameters_of_its_section(section: StrategySettings, strategy: Strategy) -> None:
    assert strategy.warm_up == section.parameters["lookback"] + 1


def test_it_buys_a_new_high_and_sells_a_new_low(strategy: Strategy) -> None:
    rising, falling = range(100, 100 + strategy.warm_up), range(200, 200 - strategy.warm_up, -1)
    assert strategy.decide(frame(rising), FLAT).side is Side.BUY
    assert strategy.decide(frame(rising), LONG).side is Side.HOLD
    assert strategy.decide(frame(falling), LONG).side is Side.SELL
    assert strategy.decide(frame(falling), FLAT).side is Side.HOLD


def test_it_is_the_shipped_example(strategy: Strategy, section: StrategySettings) -> None:
    shipped = load(section, ROOT / "strategies")
    rng = np.random.default_rng(seed=7)
    closes = (100 + rng.normal(size=400).cumsum()).tolist()
    for end in range(strategy.warm_up, len(closes)):
        window = frame(closes[end - strategy.warm_up : end])
        for position in (FLAT, LONG):
            assert strategy.decide(window, position) == shipped.decide(window, position)
