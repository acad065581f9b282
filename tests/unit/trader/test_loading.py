"""Finding strategies by name."""

from pathlib import Path
from typing import Any

import pytest

from shared.config import StrategySettings
from shared.errors import StrategyError
from shared.trading import Strategy
from trader.loading import find, known, load, needs
from trader.parameters import parameters_of

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
    with pytest.raises(StrategyError, match=r"no strategy 'moon'.*moon\.py.*buy_and_hold, ema_cross, "):
        load(wanted("moon"), tmp_path)


@pytest.mark.parametrize("name", ["../secrets", "a/b", ""])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(StrategyError, match="no strategy"):
        load(wanted(name), tmp_path)


def test_every_wrong_parameter_is_named_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(StrategyError) as refused:
        load(wanted("rsi_reversion", window="wide", speed=3), tmp_path)
    assert str(refused.value) == (
        "strategies.one.parameters: window = 'wide': Input should be a valid integer, unable to parse string as an "
        "integer; allowed is window (int, >= 2, <= 500, default 14); "
        "speed is no parameter: there are window, lower, upper"
    )


def test_a_parameter_of_a_strategy_that_takes_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match="window is no parameter: the strategy takes none"):
        load(wanted("buy_and_hold", window=3), tmp_path)


def test_a_parameter_without_a_default_must_be_given(tmp_path: Path) -> None:
    (tmp_path / "always.py").write_text(OWN.replace('size: str = "1"', "size: str"))
    with pytest.raises(StrategyError, match=r"size \(str, required\) is missing"):
        load(wanted("always"), tmp_path)


def test_a_rule_between_parameters_speaks_for_itself(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match=r"parameters: fast must be smaller than slow$"):
        load(wanted("ema_cross", fast=30, slow=10), tmp_path)


def test_what_a_strategy_takes_can_be_asked(tmp_path: Path) -> None:
    assert [str(each) for each in parameters_of(find("rsi_reversion", tmp_path))] == [
        "window (int, >= 2, <= 500, default 14)",
        "lower (float, > 0, < 100, default 30)",
        "upper (float, > 0, < 100, default 70)",
    ]


def test_all_strategies_are_known_and_files_that_are_none_are_not(tmp_path: Path) -> None:
    for name in ("always.py", "ema_cross.py", "_private.py", "not-a-name.py", "notes.txt"):
        (tmp_path / name).write_text(OWN)
    found = known(tmp_path)
    assert list(found) == [
        "bollinger_breakout", "buy_and_hold", "ema_cross", "macd_trend", "rsi_reversion", "always"
    ]  # fmt: skip
    assert found["ema_cross"] == tmp_path / "ema_cross.py"


def test_a_directory_that_is_not_there_holds_no_strategies(tmp_path: Path) -> None:
    assert "rsi_reversion" in known(tmp_path / "nowhere")


@pytest.mark.parametrize("warm_up", ["0", "-3", "2.5", "True", "None"])
def test_a_warm_up_that_is_no_number_of_candles_is_refused(tmp_path: Path, warm_up: str) -> None:
    (tmp_path / "always.py").write_text(OWN.replace("return 1\n", f"return {warm_up}\n"))
    with pytest.raises(StrategyError, match="one: warm_up must be a whole number of candles from 1 on"):
        needs("one", load(wanted("always"), tmp_path))


@pytest.mark.parametrize(
    ("indicators", "said"),
    [
        ("{'rsi': 'ta:momentum.moon'}", "ta has no function 'momentum.moon'"),
        ("{'rsi': 14}", "indicator 14: a text like rsi:14 is meant, or a function"),
        ("{}['rsi']", "KeyError: 'rsi'"),
    ],
)
def test_an_indicator_that_does_not_exist_is_refused(tmp_path: Path, indicators: str, said: str) -> None:
    method = f"\n    def indicators(self):\n        return {indicators}\n"
    (tmp_path / "always.py").write_text(OWN + method)
    strategy: Strategy = load(wanted("always"), tmp_path)
    with pytest.raises(StrategyError, match=f"one: .*{said}"):
        needs("one", strategy)


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
