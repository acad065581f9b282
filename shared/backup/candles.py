"""What the change log says of the candle table, whose rows it does not hold: which came, which left, which changed.

Coverage and the archive's months are logged, so a candle's coming is the growth of coverage, and its leaving the
month's `pruned_until`; a change stands in `candle_revisions`. A transaction is told by its stamp. All of it is pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

from shared.market import Interval, merge, subtract

Key = tuple[str, str, str]
Values = tuple[float, float, float, float, float]

_SERIES = ("exchange", "symbol", "timeframe")
_VALUES = ("open", "high", "low", "close", "volume")
#: The tables whose log entries this reads.
COVERAGE, MONTHS, CANDLES = "series_coverage", "archive_months", "ohlcv_data"


class Change(NamedTuple):
    """An entry of the change log; `row` is the new row, of a delete the old one."""

    change_id: int
    at_us: int
    table: str
    operation: str
    row: Mapping[str, Any]


class Move(NamedTuple):
    """Candles of a series that open within `part` (ms) came into the table, or left it for the archive."""

    at_us: int
    series: Key
    kind: Literal["came", "left"]
    part: Interval


class Revision(NamedTuple):
    """One candle before and after; None where there is none."""

    at_us: int
    series: Key
    timestamp: int
    old: Values | None
    new: Values | None


def moves(changes: Iterable[Change]) -> Iterator[Move]:
    """What came and what left, in the order of the log, which `changes` are in; other tables' are passed over."""
    for at_us, transaction in groupby(changes, key=lambda change: change.at_us):
        books = [change for change in transaction if change.table in (COVERAGE, MONTHS)]
        for series, its in _by_series(books).items():
            came = _gained([change for change in its if change.table == COVERAGE])
            back, left = _pruned([change for change in its if change.table == MONTHS])
            yield from (Move(at_us, series, "came", part) for part in [*came, *back])
            yield from (Move(at_us, series, "left", part) for part in left)


def by_hand(changes: Iterable[Change]) -> Iterator[Revision]:
    """Candles that were changed past our code, with a tool: those alone are in the log themselves."""
    for change in changes:
        if change.table == CANDLES:
            values = _values(change.row, "")
            old, new = (values, None) if change.operation == "delete" else (None, values)
            yield Revision(change.at_us, _series(change.row), change.row["timestamp"], old, new)


def revision(row: Mapping[str, Any]) -> Revision:
    """A row of `candle_revisions`."""
    return Revision(row["stamp_us"], _series(row), row["timestamp"], _values(row, "old_"), _values(row, "new_"))


def arrived(found: Iterable[Move]) -> dict[Key, list[Interval]]:
    """Of each series, all that came, joined."""
    parts = defaultdict[Key, list[Interval]](list)
    for move in found:
        if move.kind == "came":
            parts[move.series].append(move.part)
    return {series: merge(its) for series, its in parts.items()}


def held(found: Iterable[Move]) -> dict[Key, list[Interval]]:
    """Of each series what came and has not left since; the moves are in order."""
    parts = defaultdict[Key, list[Interval]](list)
    for move in found:
        its = parts[move.series]
        if move.kind == "came":
            parts[move.series] = merge([*its, move.part])
        else:
            parts[move.series] = [piece for part in its for piece in subtract(part, [move.part])]
    return dict(parts)


def before(later: Iterable[Revision]) -> dict[tuple[Key, int], Values | None]:
    """What candles were before any of these revisions, which are in order."""
    first: dict[tuple[Key, int], Values | None] = {}
    for each in later:
        first.setdefault((each.series, each.timestamp), each.old)
    return first


def _gained(changes: Sequence[Change]) -> list[Interval]:
    """What one transaction added to the coverage of a series."""
    old: list[Interval] = []
    new: dict[int, Interval] = {}
    for change in changes:
        part = Interval(change.row["start"], change.row["end"])
        if change.operation == "delete":
            if new.pop(part.start, None) is None:
                old.append(part)
        else:
            new[part.start] = part
    return [piece for part in merge(new.values()) for piece in subtract(part, old)]


def _pruned(changes: Sequence[Change]) -> tuple[list[Interval], list[Interval]]:
    """What one transaction put back into the table, and what it took out."""
    old: dict[int, int] = {}
    new: dict[int, int] = {}
    for change in changes:
        start, until = change.row["start"], change.row["pruned_until"]
        if change.operation == "delete":
            if new.pop(start, None) is None:
                old.setdefault(start, until)
        else:
            new[start] = until
    both = [(old[start], until) for start, until in new.items() if start in old]
    back = [Interval(now, was) for was, now in both if now < was]
    return back, [Interval(was, now) for was, now in both if was < now]


def _by_series(changes: Iterable[Change]) -> dict[Key, list[Change]]:
    found = defaultdict[Key, list[Change]](list)
    for change in changes:
        found[_series(change.row)].append(change)
    return found


def _series(row: Mapping[str, Any]) -> Key:
    exchange, symbol, timeframe = (row[name] for name in _SERIES)
    return exchange, symbol, timeframe


def _values(row: Mapping[str, Any], prefix: str) -> Values | None:
    found = [row[prefix + name] for name in _VALUES]
    return None if found[0] is None else (found[0], found[1], found[2], found[3], found[4])
