"""The fast copies, which may go at any time and must never be wrong; and what can be read against the bookkeeping."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from shared.archive import Arrays, Month, load
from shared.archive.place import month_of
from shared.candles.ledger import ledgers
from shared.candles.months import archived_months
from shared.errors import RepairError
from shared.history.copies import bytes_of, copies_below, copy_file, open_copy
from shared.history.frames import COLUMNS
from shared.history.read import Place, count
from shared.market import Frame, Series


def clear(place: Place, series: Series) -> tuple[int, int]:
    """Remove the fast copies of a series; returns how many, and their bytes.

    Whoever reads a month next makes its copy again. No candle is in a copy alone, and no other file is touched. A
    reader that has one open keeps it.
    """
    found = _copies(place, series)
    freed = bytes_of(found)
    for copy in found:
        copy.unlink(missing_ok=True)
    return len(found), freed


def complaints(place: Place, series: Series) -> list[str]:
    """Hold every fast copy against its month, and what can be read against the bookkeeping; what differs, in words.

    A copy that differs is removed. `shared.archive.verify` looks at the months' files themselves.
    """
    return [*_wrong_copies(place, series), *_wrong_counts(place, series)]


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
    noted = ledger.status.candles
    if held != noted:
        yield f"{series}: {held:,} candles can be read of what is covered, the bookkeeping has {noted:,}"
