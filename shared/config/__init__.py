"""Configuration: `chandler.toml` plus `CHANDLER_...` from the environment, as small frozen validated objects."""

from shared.config.load import load_settings
from shared.config.settings import (
    BackfillSettings,
    ConsoleSettings,
    DatabaseSettings,
    ExchangeSettings,
    KeeperSettings,
    Packing,
    PaperSettings,
    Paths,
    RiskSettings,
    SeriesSettings,
    Settings,
    StrategySettings,
    TierPolicy,
    TierSettings,
    TraderSettings,
)

__all__ = [
    "BackfillSettings",
    "ConsoleSettings",
    "DatabaseSettings",
    "ExchangeSettings",
    "KeeperSettings",
    "Packing",
    "PaperSettings",
    "Paths",
    "RiskSettings",
    "SeriesSettings",
    "Settings",
    "StrategySettings",
    "TierPolicy",
    "TierSettings",
    "TraderSettings",
    "load_settings",
]
