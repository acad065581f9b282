"""Configuration: `chandler.toml` plus `CHANDLER_...` from the environment, as small frozen validated objects."""

from shared.config.load import load_settings
from shared.config.settings import (
    BackfillSettings,
    ConsoleSettings,
    DatabaseSettings,
    ExchangeSettings,
    KeeperSettings,
    PaperSettings,
    Paths,
    RiskSettings,
    SeriesSettings,
    Settings,
    StrategySettings,
    TraderSettings,
)

__all__ = [
    "BackfillSettings",
    "ConsoleSettings",
    "DatabaseSettings",
    "ExchangeSettings",
    "KeeperSettings",
    "PaperSettings",
    "Paths",
    "RiskSettings",
    "SeriesSettings",
    "Settings",
    "StrategySettings",
    "TraderSettings",
    "load_settings",
]
