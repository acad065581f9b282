"""Taking a sealed month's candles out of the table, and putting them back; in small transactions, each whole.

`pruned_until` and `pruned_rows` of the month's row move in the transaction that deletes or inserts, so that whoever is
killed in between leaves every candle in one place that readers look in.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, bindparam, select

from shared.archive.encoding import COLUMNS, Arrays, digest
from shared.archive.hot import delete_hot, hot_count, hot_rows, hot_times
from shared.archive.lock import writing_archive
from shared.archive.manifest import file_digest
from shared.archive.place import Month, month_file
from shared.archive.read import load
from shared.archive.record import month_move, record
from shared.candles.coverage import covered, extend, recount, uncover
from shared.candles.months import ArchivedMonth, archived_month, archived_months, drop_month, note_pruned
from shared.candles.partition import named, of_series
from shared.clock import now_us
from shared.database import Database, dialect
from shared.errors import RepairError
from shared.market import Candle, Interval, Series
from shared.models import ohlcv_data, strategy_metadata

_BATCH = 5_000
#: Before a strategy began, this much is kept in the table: what it was measured against from its first day.
_BEFORE_STRATEGIES_MS = 31 * 86_400_000

_NEWER = (
    select(ohlcv_data.c.timestamp)
    .where(of_series(ohlcv_data))
    .order_by(ohlcv_data.c.timestamp.desc())
    .offset(bindparam("kept"))
    .limit(1)
)
_BEGAN = (
    select(strategy_metadata.c.created_at_us)
    .where(
        strategy_metadata.c.exchange == bindparam("exchange"),
        strategy_metadata.c.symbol == bindparam("symbol"),
    )
    .order_by(strategy_metadata.c.created_at_us)
    .limit(1)
)


def prunable(connection: Connection, series: Series, before_ms: int, hot_candles: int) -> list[Month]:
    """The months, oldest first, whose candles may leave the table: sealed, fresh, and ended by `before_ms`.

    The newest `hot_candles` of the table stay in any case, for traders read nothing else; and so does whatever a
    strategy on this symbol was measured against since it began (profit beside buy-and-hold).
    """
    first_kept = connection.execute(_NEWER, {**named(series), "kept": hot_candles - 1}).scalar()
    began = connection.execute(_BEGAN, {"exchange": series.exchange, "symbol": series.symbol}).scalar()
    bounds = [before_ms, -1 if first_kept is None else first_kept]
    bounds += [] if began is None else [began // 1000 - _BEFORE_STRATEGIES_MS]
    return [Month.of(month.start) for month in _whole(connection, series) if month.end <= min(bounds)]


def _whole(connection: Connection, series: Series) -> list[ArchivedMonth]:
    """Those that are sealed and have rows in the table yet, all in one covered interval, whose count is theirs."""
    months = archived_months(connection, series)
    sealed = [month for month in months if month.is_sealed and month.is_fresh and month.pruned_until < month.end]
    return [month for month in sealed if len(_touched(connection, series, month.interval)) == 1]


def prune(database: Database, root: Path, series: Series, month: Month) -> int:
    """Delete the month's candles from the table, once its file is proven to hold them; returns how many.

    RepairError, and what is left stays, if the file is not what the database knows, or holds other rows than the table.
    A change of the month meanwhile ends it: the file is to be written anew first.
    """
    with writing_archive(root):
        state = _state(database, series, month)
        rows = proven(root, series, month, state)
        deleted = 0
        for part in _parts(rows, Interval(state.pruned_until, month.end)):
            with database.write() as connection:
                now = archived_month(connection, series, month.start)
                if now is None or not now.is_fresh or now.sha256 != state.sha256:
                    return deleted
                expected = rows_in(rows, part)
                if digest(hot_rows(connection, series, part)) != digest(expected):
                    raise RepairError(
                        f"{month} of {series}: the table holds other candles than {month_file(root, series, month)},"
                        " and nothing says why; none of them was deleted. `chandler archive verify` shows more"
                    )
                deleted += delete_hot(connection, series, part)
                count = now.pruned_rows + len(expected["timestamp"])
                note_pruned(connection, series, month.start, part.end, count)
                if part.end == month.end:
                    _tell(connection, "prune", series, month, state, count)
    return deleted


def restore(database: Database, root: Path, series: Series, month: Month) -> int:
    """Put a pruned month's candles back into the table; returns how many. The file stays.

    RepairError if the file can't be read. A candle that came into the table since stays as it is.
    """
    with writing_archive(root):
        state = _state(database, series, month)
        rows = load(root, series, month, sha256=state.sha256)
        inserted = 0
        for part in reversed(list(_parts(rows, Interval(month.start, state.pruned_until)))):
            candles = _candles(rows_in(rows, part))
            with database.write() as connection:
                now = _required(archived_month(connection, series, month.start), series, month)
                new = dialect.insert_candles(connection, series.key, candles)
                if candles and new < len(candles):
                    recount(connection, series, candles[0].timestamp, new - len(candles))
                note_pruned(connection, series, month.start, part.start, now.pruned_rows - len(candles))
                inserted += new
                if part.start == month.start:
                    _tell(connection, "restore", series, month, state, inserted)
    return inserted


def forget(database: Database, root: Path, series: Series, month: Month) -> None:
    """Give up a month's file that is lost or damaged: what was in it alone is a gap again, and will be fetched anew.

    Candles of the month that are in the table stay, and stay covered.
    """
    with writing_archive(root), database.write() as connection:
        state = archived_month(connection, series, month.start)
        if state is not None and state.is_pruned:
            _uncover(connection, series, Interval(month.start, state.pruned_until), state.pruned_rows)
        if state is not None:
            drop_month(connection, series, month.start)
            _tell(connection, "delete", series, month, state, state.pruned_rows)


#: Of each action: the policy that asks for it, from where to where rows went, and why.
_SAID = {
    "prune": ("keeper.prune_after_months", ("hot", "warm"), "deleted from the table: the file holds them"),
    "restore": ("by hand", ("warm", "hot"), "put back into the table; the file stays"),
    "delete": ("by hand", ("warm", "gone"), "the file is lost or damaged: its candles are to be fetched again"),
}


def _tell(connection: Connection, action: str, series: Series, month: Month, state: ArchivedMonth, rows: int) -> None:
    policy, tiers, reason = _SAID[action]
    line = month_move(
        action,
        series,
        month,
        policy=policy,
        tiers=tiers,
        rows=rows,
        ends_ms=(state.first, state.last),
        sha256=state.sha256,
        reason=reason,
        now_us=now_us(),
    )
    record(connection, line)


def proven(root: Path, series: Series, month: Month, state: ArchivedMonth) -> Arrays:
    """The file's rows, after every byte of it was held against the checksum in the database; RepairError if not so."""
    path = month_file(root, series, month)
    rows = load(root, series, month, sha256=state.sha256)
    if file_digest(path) != state.sha256:
        raise RepairError(
            f"{path} is damaged: its checksum is not what was written; `chandler archive verify` mends it"
        )
    return rows


def rows_in(rows: Arrays, part: Interval) -> Arrays:
    """The rows that open within an interval."""
    first, last = np.searchsorted(rows["timestamp"], (part.start, part.end))
    return {name: column[first:last] for name, column in rows.items()}


def _parts(rows: Arrays, part: Interval) -> list[Interval]:
    """The interval in parts of so many rows each, without a hole between them."""
    times = rows_in(rows, part)["timestamp"]
    cuts = [part.start, *map(int, times[_BATCH::_BATCH]), part.end]
    return [Interval(start, end) for start, end in pairwise(cuts) if start < end]


def _candles(rows: Arrays) -> list[Candle]:
    return list(map(Candle._make, zip(*(rows[name].tolist() for name in COLUMNS), strict=True)))


def _uncover(connection: Connection, series: Series, part: Interval, pruned: int) -> None:
    late = hot_times(connection, series, part)
    for whole in _touched(connection, series, part):
        inside = Interval(max(whole.start, part.start), min(whole.end, part.end))
        before = _counted(connection, series, Interval(whole.start, inside.start))
        uncover(connection, series, inside, before, len(late) + pruned)
    for at in late:
        extend(connection, series, Interval(at, at + series.step), 1)


def _counted(connection: Connection, series: Series, part: Interval) -> int:
    """The candles of an interval that ends with a month: in the table, or in files alone."""
    months = archived_months(connection, series)
    pruned = sum(month.pruned_rows for month in months if part.start < month.end <= part.end)
    return pruned + hot_count(connection, series, part)


def _touched(connection: Connection, series: Series, part: Interval) -> list[Interval]:
    """The covered intervals that have something in common with this one."""
    return [whole for whole in covered(connection, series) if whole.start < part.end and whole.end > part.start]


def _state(database: Database, series: Series, month: Month) -> ArchivedMonth:
    with database.read() as connection:
        return _required(archived_month(connection, series, month.start), series, month)


def _required(state: ArchivedMonth | None, series: Series, month: Month) -> ArchivedMonth:
    if state is None or not state.is_sealed:
        raise RepairError(f"{month} of {series} is not sealed; `chandler archive status` lists what is")
    return state
