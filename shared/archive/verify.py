"""Looking at every file of the archive: is it whole, and is it what its manifest and the database say?"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shared.archive.encoding import PRICES, Arrays, digest, read_table
from shared.archive.hot import hot_rows
from shared.archive.manifest import contents_of, file_digest, read_contents, read_manifest
from shared.archive.place import TABLES, Month, manifest_file, month_file, month_of, series_of
from shared.archive.sums import SUMS, is_open, read_sums
from shared.candles.months import ArchivedMonth, archived_month, archived_months, archived_series
from shared.database import Database
from shared.errors import RepairError
from shared.market import Interval, Series, subtract

MANIFEST, UNKNOWN, FILE, LOST, STRANGE, OPEN = "manifest", "unknown", "file", "lost", "strange", "open"


class Problem(NamedTuple):
    """Something that is not as it should be.

    `kind`: `manifest` (the file is whole, what stands beside it is not), `unknown` (a whole file, but not the one that
    the database knows, if it knows any), `file` (damaged), `lost` (the database knows a file that is not there),
    `strange` (nothing that the archive wrote), `open` (a frozen file that can be written, or that the checksums beside
    it don't name).
    """

    path: Path
    kind: str
    told: str
    series: Series | None = None
    month: Month | None = None


def verify(database: Database, root: Path, series: Series | None = None) -> list[Problem]:
    """Everything that is wrong, of one series or of all, in the order of the paths; every byte is read."""
    found = [problem for path in _parquet_files(root) if (problem := look_at(database, root, path, series))]
    found += [problem for path in _manifests(root) if (problem := _alone(path, series))]
    found += list(_lost(database, root, series, {problem.path for problem in found}))
    return sorted(found, key=lambda problem: problem.path)


def look_at(database: Database, root: Path, path: Path, only: Series | None = None) -> Problem | None:
    """What is wrong with one Parquet file; None if nothing is, or if it is not of the series asked for."""
    try:
        series, month = series_of(path), month_of(path)
    except ValueError as error:
        return None if only else Problem(path, STRANGE, str(error))
    if only not in {None, series}:
        return None
    if path != month_file(root, series, month):
        return Problem(path, STRANGE, f"overlaps {month_file(root, series, month)}, which is the month's file", series)
    with database.read() as connection:
        state = archived_month(connection, series, month.start)
        hot = hot_rows(connection, series, month.interval) if state and not state.is_pruned and state.is_fresh else None
    kind, told = _fault(path, series, month, state, hot)
    return Problem(path, kind, told, series, month) if kind else None


def _fault(
    path: Path, series: Series, month: Month, state: ArchivedMonth | None, hot: Arrays | None
) -> tuple[str, str]:
    """The kind of problem a month's file has, and what it is; empty if it has none."""
    try:
        _hold(path, series, month, hot)
        told = _manifest_fault(path)
    except RepairError as error:
        return FILE, str(error)
    is_known = state is not None and state.is_sealed
    if state is not None and is_known and state.sha256 != file_digest(path):
        return UNKNOWN, f"the database knows another {path}: one of the two was put back"
    if told:
        return MANIFEST, told
    if not is_known:
        return UNKNOWN, f"the database knows nothing of {path}"
    return (OPEN, thawed) if (thawed := _open_fault(path)) else ("", "")


def _open_fault(path: Path) -> str | None:
    """Whether a file that is to be frozen is not."""
    manifest = read_manifest(path)
    if manifest.tier != "frozen":
        return None
    if is_open(path):
        return f"{path} is frozen, and can be written"
    if read_sums(path.parent).get(path.name) != manifest.sha256:
        return f"{path} is frozen, and {SUMS} beside it does not tell its checksum"
    return None


def _hold(path: Path, series: Series, month: Month, hot: Arrays | None) -> None:
    """RepairError if the file is not whole, or not what the table has (`hot`, if it has the month)."""
    rows, footer = read_table(path)
    contents = read_contents(path, footer)
    if (contents.series, contents.part) != (series, month):
        raise RepairError(f"{path} holds {contents.month} of {contents.series}")
    if digest(rows) != contents.rows_sha256:
        raise RepairError(f"{path} does not hold the rows that its footer says")
    if told := _rows_fault(rows, month, series.step):
        raise RepairError(f"{path}: {told}")
    if hot is not None and digest(hot) != contents.rows_sha256:
        raise RepairError(
            f"{path} holds other candles than the table, and nothing says why: somebody wrote past Chandler"
        )
    known = [*contents.covered, *(Interval(part.start, part.end) for part in contents.unreachable)]
    if gaps := subtract(month.interval, known):
        raise RepairError(f"{path} was sealed with {len(gaps)} gaps in it")


def _manifest_fault(path: Path) -> str | None:
    """What is wrong with the manifest of a file that is whole."""
    try:
        manifest = read_manifest(path)
    except RepairError as error:
        return str(error)
    if contents_of(manifest) != read_contents(path, read_table(path, ("timestamp",))[1]):
        return f"{manifest_file(path)} disagrees with the file it stands beside"
    if (manifest.bytes, manifest.sha256) != (path.stat().st_size, file_digest(path)):
        return f"{manifest_file(path)} has another size or checksum than the file"
    return None


def _rows_fault(rows: Arrays, month: Month, step: int) -> str | None:
    """Why these can't be the month's candles."""
    times = rows["timestamp"]
    if len(times) == 0:
        return None
    if times[0] < month.start or times[-1] >= month.end:
        return "it overlaps another month: there are candles outside of its own"
    if (np.diff(times) <= 0).any() or (times % step).any():
        return "its candles are not in order, each once, on the grid"
    if not all(np.isfinite(rows[name]).all() for name in PRICES) or (rows["low"] <= 0).any():
        return "there is a price that is no price"
    return None


def _alone(path: Path, only: Series | None) -> Problem | None:
    """A manifest without a file."""
    file = path.with_suffix(".parquet")
    if file.exists():
        return None
    try:
        series = series_of(path)
    except ValueError as error:
        return None if only else Problem(path, STRANGE, str(error))
    told = f"{path} stands alone: its file is not there"
    return Problem(path, STRANGE, told, series) if only in {None, series} else None


def _lost(database: Database, root: Path, only: Series | None, named: set[Path]) -> Iterator[Problem]:
    with database.read() as connection:
        known = [only] if only else archived_series(connection)
        months = [(series, state) for series in known for state in archived_months(connection, series)]
    for series, state in months:
        month = Month.of(state.start)
        path = month_file(root, series, month)
        if state.is_sealed and not path.exists() and path not in named:
            yield Problem(path, LOST, f"{path} is gone: the database knows {month} of {series}", series, month)


def _parquet_files(root: Path) -> list[Path]:
    return _ours(root, "**/*.parquet")


def _manifests(root: Path) -> list[Path]:
    return _ours(root, "**/*.json")


def _ours(root: Path, pattern: str) -> list[Path]:
    """Files of candles; rows of other tables have a room of their own (shared.tiers)."""
    return sorted(path for path in root.glob(pattern) if TABLES not in path.relative_to(root).parts[:1])
