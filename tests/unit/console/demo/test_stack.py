"""What the demo's services are told."""

from pathlib import Path

from console.demo.stack import SOURCES, demo_environment
from shared.config import load_settings


def test_nothing_of_the_callers_own_chandler_reaches_the_demo() -> None:
    own = {"CHANDLER_PATHS__DATA": "/real", "CHANDLER_CONFIG": "real.toml", "STRATEGY_ID": "real", "LANG": "C"}
    environ = demo_environment(own, Path("/demo"), simulator_port=1234, console_port=4321)
    settings = load_settings(environ)
    assert settings.paths.database == Path("/demo/trading.db")
    assert str(settings.exchanges["binance"].url) == "http://127.0.0.1:1234/"
    assert settings.console.port == 4321
    assert "STRATEGY_ID" not in environ
    assert environ["LANG"] == "C"


def test_the_demo_runs_the_shipped_strategies_at_their_defaults() -> None:
    settings = load_settings({"CHANDLER_CONFIG": str(SOURCES / "demo.toml")})
    assert {strategy.name for strategy in settings.strategies} == {
        "rsi_reversion",
        "ema_cross",
        "bollinger_breakout",
        "buy_and_hold",
    }
    assert all(not strategy.parameters for strategy in settings.strategies)
