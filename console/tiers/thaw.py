"""`chandler tiers thaw`: a month's rows back into the database."""

from console import words
from console.candles.status import opened
from shared.archive import Month
from shared.backup.increment import shipped_stamp
from shared.clock import now_us
from shared.config import Settings
from shared.errors import StopError
from shared.tiers import AGED, Shelf, thaw

#: Stamps of all files there can be.
_EVER_US = 2**62


def thaw_now(settings: Settings, table: str, name: str) -> int:
    """Put them back."""
    if table not in AGED:
        raise StopError(f"rows of {table!r} never leave the database; those of {', '.join(AGED)} do")
    try:
        month = Month.named(name)
    except ValueError as error:
        raise StopError(str(error)) from None
    with opened(settings, "full") as database:
        held_us = _EVER_US if settings.tiers.without_backup else shipped_stamp(database, settings.paths.backups)
        rows = thaw(Shelf(database, settings.paths.archive), AGED[table], month, held_us, now_us())
    print(f"{words.several(rows, 'row')} of {month} are back in {table}")
    print(f"the keeper takes them out again as tiers.{table} says: raise its hot_days first to keep them")
    return 0
