"""A sealed month as columns: from its fast copy, or decoded from its file, which then leaves a copy behind."""

from pathlib import Path

from shared.archive import Month, load, month_file
from shared.candles.months import ArchivedMonth
from shared.history.frames import COLUMNS
from shared.market import Frame, Series


def sealed_frame(archive: Path, copies: Path | None, series: Series, month: ArchivedMonth) -> Frame:
    """All candles of the month's file; RepairError, which says what is wrong, if it is not whole or another one.

    Of a month that has changed since no copy is made, and its checksum is not asked for: its file is about to be
    replaced, and a keeper may have been killed between that and saying so. It must not be an older one, though.
    """
    from shared.history.copies import copy_file, keep_copy, open_copy  # noqa: PLC0415 - loads pyarrow

    name = Month.of(month.start)
    if copies is None or not month.is_fresh:
        return _decoded(archive, series, month)
    copy = copy_file(month_file(copies, series, name), month.sha256)
    found = open_copy(copy)
    if found is None:
        found = _decoded(archive, series, month)
        keep_copy(copy, found)
    return found


def _decoded(archive: Path, series: Series, month: ArchivedMonth) -> Frame:
    sha256 = month.sha256 if month.is_fresh else ""
    arrays = load(archive, series, Month.of(month.start), sha256=sha256, sealed_since_us=month.sealed_at_us)
    return Frame(arrays["timestamp"], {name: arrays[name] for name in COLUMNS})
