"""`chandler history clear` and `verify`: the fast copies, which may go at any time and must never be wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from console import words
from console.candles.account import Choice
from console.candles.tables import size
from console.history.place import chosen, place_of
from shared.archive import Arrays, Month, load
from shared.archive.place import month_of
from shared.candles.ledger import ledgers
from shared.candles.months import archived_months
from shared.config import Settings
from shared.errors import RepairError
from shared.history import Place
from shared.history.copies import bytes_of, copies_below, copy_file, open_copy
from shared.history.frames import COLUMNS
from shared.history.read import count
from shared.market import Frame, Series


def clear(settings: Settings, choice: Choice) -> int:
    """Remove the fast copies of the chosen series; whoever reads a month next makes its copy again.

    No candle is in a copy alone, and no other file is touched. A reader that has one open keeps it.
    """
    with place_of(settings) as place, place.database.read() as connection:
        found = [copy for series in chosen(connection, choice) for copy in _copies(place, series)]
    freed = bytes_of(found)
    for copy in found:
        copy.unlink(missing_ok=True)
    print(f"{words.several(len(found), 'copy', 'copies')} removed, {size(freed)}; no candle was in them alone")
    return 0


def verify(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Hold every fast copy against its month, and what can be read against the bookkeeping; 1 if anything differs.

    A copy that differs is removed. `chandler archive verify` looks at the months' files themselves.
    """
    with place_of(settings) as place:
        with place.database.read() as connection:
            series = chosen(connection, choice)
        wrong = [told for each in series for told in (*_wrong_copies(place, each), *_wrong_counts(place, each))]
    if as_json:
        print(json.dumps(wrong, indent=2))
    else:
        print("\n".join(wrong) or f"{words.several(len(series), 'series', 'series')}: everything adds up")
    return 1 if wrong else 0


def _copies(place: Place, series: Series) -> list[Path]:
    return copies_below(place.copies, series) if place.copies else []


def _wrong_copies(place: Place, series: Series) -> Iterator[str]:
    with place.database.read() as connection:
        months = {Month.of(month.start): month for month in archived_months(connection, series) if month.is_fresh}
    for copy in _copies(place, series):
        name = _month(copy)
        month = months.get(name) if name else None
        if name is None or month is None or copy.name != copy_file(Path(f"{name}.parquet"), month.sha256).name:
            copy.unlink(missing_ok=True)  # of an older sealing, or never finished: nobody would read it
            continue
        try:
            same = _same(open_copy(copy), load(place.archive, series, name, sha256=month.sha256))
        except RepairError as error:
            yield f"{series}: {error}"
            continue
        if not same:
            copy.unlink(missing_ok=True)
            yield f"{copy} differed from its month; it is removed, and will be made again"


def _month(copy: Path) -> Month | None:
    try:
        return month_of(copy)
    except ValueError:
        return None


def _same(copy: Frame | None, month: Arrays) -> bool:
    return (
        copy is not None
        and np.array_equal(copy.timestamps, month["timestamp"])
        and all(np.array_equal(copy[name].view(np.int64), month[name].view(np.int64)) for name in COLUMNS)
    )


def _wrong_counts(place: Place, series: Series) -> Iterator[str]:
    with place.database.read() as connection:
        (ledger,) = (each for each in ledgers(connection) if each.series == series)
    held = sum(count(place, series, part) for part in ledger.covered)
    if held != ledger.status.candles:
        kept = words.count(ledger.status.candles)
        yield f"{series}: {words.several(held, 'candle')} can be read of what is covered, the bookkeeping has {kept}"
