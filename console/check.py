"""`chandler config check`: every mistake at once, in the file and in the strategies that it names."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from shared.config import StrategySettings, load_settings
from shared.errors import ConfigError, StrategyError
from trader.loading import load


def check_config(environ: Mapping[str, str]) -> int:
    """Print what is configured; ConfigError lists what is wrong."""
    settings = load_settings(environ)
    if mistakes := strategy_mistakes(settings.strategies, settings.paths.strategies):
        raise ConfigError("\n  ".join(["some strategies can't be loaded:", *mistakes]))
    print(
        f"The configuration is good. Exchanges: {', '.join(settings.exchanges)}."
        f" Series: {len(settings.all_series())}."
        f" Strategies: {', '.join(strategy.id for strategy in settings.strategies) or 'none'}."
    )
    return 0


def strategy_mistakes(wanted: Iterable[StrategySettings], directory: Path) -> list[str]:
    """What keeps each strategy from being loaded as its section asks."""
    mistakes = []
    for strategy in wanted:
        try:
            load(strategy, directory)
        except StrategyError as error:
            mistakes.append(f"{strategy.id}: {error}")
    return mistakes
