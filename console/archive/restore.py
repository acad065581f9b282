"""`chandler archive restore`: pruned candles back into the table."""

from console import words
from console.candles.status import opened
from shared.archive import Month, restore
from shared.candles.months import archived_months
from shared.config import Settings
from shared.errors import StopError
from shared.market import Series


def restore_now(settings: Settings, series: Series, names: list[str]) -> int:
    """Put the named months of a series back, or all that were pruned."""
    try:
        wanted = {Month.named(name) for name in names}
    except ValueError as error:
        raise StopError(str(error)) from None
    with opened(settings) as database:
        with database.read() as connection:
            known = [month for month in archived_months(connection, series) if month.is_pruned]
        months = [month for month in (Month.of(each.start) for each in known) if not wanted or month in wanted]
        for month in months:
            rows = restore(database, settings.paths.archive, series, month)
            print(f"{month} of {series}: {words.several(rows, 'candle')} back in the table")
    if not months:
        print(f"{series}: nothing was pruned there")
    elif settings.keeper.prune_after_months is not None:
        print("the keeper will prune them again: keeper.prune_after_months is set")
    return 0
