"""`chandler config check`."""

from pathlib import Path

import pytest

from console.check import check_config
from shared.errors import ConfigError

GOOD = """
[exchanges.binance]
[[strategies]]
id = "mine"
name = "ema_cross"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
"""


def written(path: Path, text: str) -> dict[str, str]:
    path.write_text(text, encoding="utf-8")
    return {"CHANDLER_CONFIG": str(path)}


def test_a_good_configuration_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_config(written(tmp_path / "c.toml", GOOD)) == 0
    told = capsys.readouterr().out
    assert told == "The configuration is good. Exchanges: binance. Series: 1. Strategies: mine.\n"


def test_every_strategy_that_can_not_be_loaded_is_named(tmp_path: Path) -> None:
    bad = GOOD + "parameters = { fast = 0 }\n" + GOOD.split("\n", 2)[2].replace("mine", "yours").replace("ema", "no")
    with pytest.raises(ConfigError) as refused:
        check_config(written(tmp_path / "c.toml", bad))
    assert "mine: strategies.mine.parameters: fast" in str(refused.value)
    assert "yours: no strategy 'no_cross'" in str(refused.value)


def test_a_strategy_that_is_to_trade_live_without_a_key_is_named(tmp_path: Path) -> None:
    live = GOOD + 'broker = "live"\n'
    with pytest.raises(ConfigError, match=r"mine: .* takes a key of binance.*CHANDLER_EXCHANGES__BINANCE__KEY_FILE"):
        check_config(written(tmp_path / "c.toml", live))
    keys = {"CHANDLER_EXCHANGES__BINANCE__KEY": "k", "CHANDLER_EXCHANGES__BINANCE__SECRET": "s"}
    assert check_config({**written(tmp_path / "c.toml", live), **keys}) == 0


def test_timetables_that_name_no_time_are_named(tmp_path: Path) -> None:
    bad = GOOD + '[keeper]\nbackup_at = "at night"\ndrill_at = "0 0 31 2 *"\n'
    with pytest.raises(ConfigError) as refused:
        check_config(written(tmp_path / "c.toml", bad))
    assert "keeper.backup_at = 'at night'" in str(refused.value)
    assert "keeper.drill_at = '0 0 31 2 *': that day never comes" in str(refused.value)


@pytest.mark.parametrize("name", ["chandler.toml", "demo.toml"])
def test_the_shipped_configurations_are_good(name: str) -> None:
    assert check_config({"CHANDLER_CONFIG": str(Path(__file__).parents[3] / name)}) == 0
