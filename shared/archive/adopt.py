"""Taking over a month of an archive that the database knows nothing of: after the database was lost, for example."""

from pathlib import Path

from sqlalchemy import Connection

from shared.archive.encoding import Arrays, read_table
from shared.archive.hot import hot_count
from shared.archive.lock import writing_archive
from shared.archive.manifest import Contents, file_digest, read_contents
from shared.archive.place import Month, month_file
from shared.archive.prune import rows_in
from shared.archive.read import load
from shared.candles import covered, extend, note_unreachable, unreachable
from shared.candles.months import archived_month, begin_month, note_pruned, note_sealed
from shared.candles.status import touch
from shared.database import Database
from shared.market import Interval, Series, subtract


def adopt(database: Database, root: Path, series: Series, month: Month, now_us: int) -> bool:
    """Have the database know a month's file as one whose candles are in it alone; False, and nothing has changed, if
    it has candles or coverage of that month itself. RepairError if the file is not whole.
    """
    path = month_file(root, series, month)
    with writing_archive(root):
        rows = load(root, series, month)
        contents = read_contents(path, read_table(path, ("timestamp",))[1])
        sha256 = file_digest(path)
        with database.write() as connection:
            if not _is_blank(connection, series, month):
                return False
            _take_over(connection, contents, rows, sha256, now_us)
    return True


def _is_blank(connection: Connection, series: Series, month: Month) -> bool:
    known = [*covered(connection, series), *unreachable(connection, series)]
    return (
        archived_month(connection, series, month.start) is None
        and subtract(month.interval, known) == [month.interval]
        and not hot_count(connection, series, month.interval)
    )


def _take_over(connection: Connection, contents: Contents, rows: Arrays, sha256: str, now_us: int) -> None:
    series, month = contents.series, contents.part
    for part in contents.covered:
        extend(connection, series, part, len(rows_in(rows, part)["timestamp"]))
    for start, end, reason in ((part.start, part.end, part.reason) for part in contents.unreachable):
        note_unreachable(connection, series, Interval(start, end), reason, known=[], now_us=now_us)
    touch(connection, series, contents.last, 0, now_us)
    begin_month(connection, series, month.interval)
    note_sealed(
        connection,
        series,
        month.start,
        version=0,
        rows=contents.rows,
        first=contents.first,
        last=contents.last,
        sha256=sha256,
        now_us=contents.sealed_at_us,
    )
    note_pruned(connection, series, month.start, month.end, contents.rows)
