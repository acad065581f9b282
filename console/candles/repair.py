"""`chandler candles repair`: what is missing is fetched now, by the backfiller's own machinery, in this process."""

import asyncio
from collections.abc import Sequence

from console import words
from console.candles.account import Account, Choice, accounts, wanted_parts
from console.candles.status import opened
from shared.candles import unreachable as out_of_reach
from shared.candles.ledger import ledgers
from shared.candles.unreachable import reached
from shared.clock import now_ms
from shared.config import SeriesSettings, Settings
from shared.database import Database, open_database, require_current
from shared.errors import ConfigError
from shared.logs import start_logging


def repair(settings: Settings, choice: Choice, *, unreachable: bool) -> int:
    """Fetch what the chosen series lack, and say what came; 0 if nothing is missing afterwards.

    With `unreachable` also what the exchange would not hand out is asked for again, or rebuilt. A backfiller may run
    beside it: both insert the same candles, and a candle that is there stays.
    """
    start_logging("console", "warning", as_json=False)
    sections = [section for section in settings.all_series() if section.series in choice]
    if not sections:
        raise ConfigError("none of the configured series is meant: `chandler candles status` lists them")
    now = now_ms()
    with opened(settings) as database:
        before = _accounts(settings, sections, database, now)
        if unreachable:
            _forget(database, sections)
    done = fetch_now(settings, sections)
    with opened(settings) as database:
        after = _accounts(settings, sections, database, now)
    for old, new in zip(before, after, strict=True):
        print(_told(old, new))
    lacking = any(each.missing or (unreachable and each.unreachable_candles) for each in after)
    return 1 if lacking else done


def _forget(database: Database, sections: Sequence[SeriesSettings]) -> None:
    """Have what the exchange would not hand out asked for again; it is noted anew if it still will not."""
    with database.write() as connection:
        for section in sections:
            for interval in out_of_reach(connection, section.series):
                reached(connection, section.series, interval)


def fetch_now(settings: Settings, sections: Sequence[SeriesSettings]) -> int:
    """Fetch what these series lack, in this process; 0 if nothing is missing afterwards."""
    from backfiller.service import run  # noqa: PLC0415 - loads ccxt

    narrowed = settings.model_copy(update={"series": tuple(sections), "strategies": ()})
    database = open_database(settings.database_url(), "normal", busy_timeout_ms=0, readers=1)
    try:
        require_current(database)
        return asyncio.run(run(narrowed, database, once=True))
    finally:
        database.close()


def _accounts(settings: Settings, sections: Sequence[SeriesSettings], database: Database, now: int) -> list[Account]:
    settle = {name: int(exchange.settle_seconds * 1000) for name, exchange in settings.exchanges.items()}
    wanted = wanted_parts(sections, settle, settings.backfill.days, now)
    with database.read() as connection:
        found = accounts(ledgers(connection), wanted, Choice(), now)
    return [each for each in found if each.series in wanted]


def _told(old: Account, new: Account) -> str:
    came = f"{new.series}: {words.several(max(0, new.rows - old.rows), 'candle')} came"
    left = f"{words.count(new.missing)} missing" if new.missing else "nothing is missing"
    lost = f", {words.count(new.unreachable_candles)} unreachable" if new.unreachable_candles else ""
    stopped = f"; stopped: {new.reason}" if new.state == "stopped" else ""
    return f"{came}, {left}{lost}{stopped}"
