"""`chandler config check`: every mistake at once, in the file and in the strategies that it names."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from shared.config import Settings, StrategySettings, load_settings
from shared.errors import ConfigError, StrategyError
from trader.loading import load


def check_config(environ: Mapping[str, str]) -> int:
    """Print what is configured; ConfigError lists what is wrong."""
    settings = load_settings(environ)
    if wrong := timetable_mistakes(settings):
        raise ConfigError("\n  ".join(["the keeper can't keep its timetables:", *wrong]))
    mistakes = [*strategy_mistakes(settings.strategies, settings.paths.strategies), *missing_keys(settings)]
    if mistakes:
        raise ConfigError("\n  ".join(["some strategies can't run:", *mistakes]))
    print(
        f"The configuration is good. Exchanges: {', '.join(settings.exchanges)}."
        f" Series: {len(settings.all_series())}."
        f" Strategies: {', '.join(strategy.id for strategy in settings.strategies) or 'none'}."
    )
    return 0


def timetable_mistakes(settings: Settings) -> list[str]:
    """Which cron expressions name no time; none where there is no APScheduler, and so no keeper."""
    if find_spec("apscheduler") is None:
        return []
    from keeper.rounds import mistakes  # noqa: PLC0415

    return mistakes(settings, datetime.now(UTC))


def strategy_mistakes(wanted: Iterable[StrategySettings], directory: Path) -> list[str]:
    """What keeps each strategy from being loaded as its section asks."""
    mistakes = []
    for strategy in wanted:
        try:
            load(strategy, directory)
        except StrategyError as error:
            mistakes.append(f"{strategy.id}: {error}")
    return mistakes


def missing_keys(settings: Settings) -> list[str]:
    """Which strategies are to trade live on an exchange that no key is given for."""
    return [
        f'{strategy.id}: broker = "live" takes a key of {strategy.exchange}: set'
        f" CHANDLER_EXCHANGES__{strategy.exchange.upper()}__KEY_FILE and ..._SECRET_FILE"
        for strategy in settings.strategies
        if strategy.broker == "live"
        and None in (settings.exchanges[strategy.exchange].key, settings.exchanges[strategy.exchange].secret)
    ]
