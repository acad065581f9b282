"""Finding strategies by name."""

from pathlib import Path
from typing import Any

import pytest

from shared.config import StrategySettings
from shared.errors import StrategyError
from trader.loading import load

OWN = """
from chandler import Frame, Position, Signal, Strategy, buy

class Always(Strategy):
    class Parameters(Strategy.Parameters):
        size: str = "1"

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return buy(self.parameters.size)
"""


def wanted(name: str, **parameters: Any) -> StrategySettings:
    return StrategySettings(
        id="one", name=name, exchange="binance", symbol="BTC/USDT", timeframe="1m", parameters=parameters
    )


def test_a_shipped_strategy_is_found_by_its_name(tmp_path: Path) -> None:
    assert type(load(wanted("rsi_reversion"), tmp_path)).__name__ == "RsiReversion"


def test_a_file_in_the_users_directory_is_a_strategy(tmp_path: Path) -> None:
    (tmp_path / "always.py").write_text(OWN)
    strategy = load(wanted("always", size="0.25"), tmp_path)
    assert type(strategy).__name__ == "Always"
    assert strategy.parameters.size == "0.25"


def test_a_users_file_replaces_a_shipped_strategy_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "ema_cross.py").write_text(OWN)
    assert type(load(wanted("ema_cross"), tmp_path)).__name__ == "Always"


def test_an_unknown_name_says_where_it_looked_and_what_is_shipped(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match=r"no strategy 'moon'.*moon\.py.*ema_cross, rsi_reversion"):
        load(wanted("moon"), tmp_path)


@pytest.mark.parametrize("name", ["../secrets", "a/b", ""])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(StrategyError, match="no strategy"):
        load(wanted(name), tmp_path)


def test_parameters_are_checked_against_the_strategys_own_model(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match=r"strategies\.one\.parameters: window: .*; speed: Extra"):
        load(wanted("rsi_reversion", window="wide", speed=3), tmp_path)


def test_a_file_with_a_mistake_is_named_with_it(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import does_not_exist\n")
    with pytest.raises(StrategyError, match=r"broken\.py can't be imported: ModuleNotFoundError"):
        load(wanted("broken"), tmp_path)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("    @property\n    def warm_up(self) -> int:\n        return 1\n", "TypeError: .*warm_up"),
        ("class Always", "import sys; sys.exit('bye')\n\nclass Always"),
    ],
    ids=["no warm_up", "leaves at import"],
)
def test_a_class_that_lacks_something_is_refused(tmp_path: Path, mistake: str, said: str) -> None:
    text = OWN.replace(mistake, said) if mistake == "class Always" else OWN.replace(mistake, "")
    (tmp_path / "lacking.py").write_text(text)
    with pytest.raises(StrategyError, match=r"lacking\.py.*(warm_up|SystemExit)"):
        load(wanted("lacking"), tmp_path)


def test_a_file_without_a_strategy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("from chandler import Strategy\n")
    with pytest.raises(StrategyError, match="exactly one Strategy class, it has none"):
        load(wanted("empty"), tmp_path)
