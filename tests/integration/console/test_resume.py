"""`chandler resume` on a real database."""

import pytest

from console.resume import resume_strategy
from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import StrategySettings
from shared.database import Database
from shared.errors import ConfigError

ONE = StrategySettings(id="one", name="ema_cross", exchange="binance", symbol="BTC/USDT", timeframe="1m")


def test_a_halted_strategy_may_run_again(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with database.write() as connection:
        ledger.register(connection, ONE, now_us(), boot_us(), boot_id())
        ledger.halt(connection, "one", "ZeroDivisionError", now_us())
        assert ledger.runnable(connection, ["one"]) == set()
    assert resume_strategy(database.name, "one") == 0
    assert capsys.readouterr().out == "one may run again\n"
    with database.read() as connection:
        assert ledger.runnable(connection, ["one"]) == {"one"}


def test_an_unknown_strategy_is_said(database: Database) -> None:
    with pytest.raises(ConfigError, match="no strategy 'two': `chandler status` lists them"):
        resume_strategy(database.name, "two")
