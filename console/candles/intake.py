"""`chandler candles import`: candles of a file into the database, with what they prove and nothing more."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from sqlalchemy import Connection

from console import words
from console.candles.sorting import Refused, Sorted, held_by, joins, runs, second_ones, sort_out
from console.candles.status import opened
from shared.candles import mark, put_away, series_statuses, store_page
from shared.candles.months import pruned_parts
from shared.candles.revisions import Change, revise, stored
from shared.clock import now_ms, now_us
from shared.config import Settings
from shared.errors import StopError
from shared.files import Chunk, Layout, named_series, open_rows
from shared.market import Candle, Interval, Refusal, Series, merge, subtract

_LISTED, _QUARANTINED = 20, 100


@dataclass(frozen=True)
class Order:
    """What the command line asks for: stored candles are replaced only with `replace`; `complete` says that the
    file holds all there is between its first and its last row."""

    path: Path
    series: Series
    format: str
    replace: bool = False
    complete: bool = False


class Kept(NamedTuple):
    """What became of a chunk: `conflicts` are times stored already with other values, `second` those of which the file
    itself had another candle before."""

    new: int
    same: int
    replaced: int
    conflicts: list[int]
    second: set[int]


@dataclass
class Intake:
    """What became of a file's rows. `different` candles were stored already with other values."""

    layout: Layout
    rows: int = 0
    new: int = 0
    same: int = 0
    different: int = 0
    replaced: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)
    seen: list[Interval] = field(default_factory=list)
    stopped: str | None = None
    span: Interval | None = None


def bring_in(settings: Settings, order: Order, report: Path | None, *, as_json: bool) -> int:
    """Import a file; 0 if every row of it is in the database now, 1 if some were refused or were left as stored."""
    layout, chunks = open_rows(order.path, order.format)
    intake = Intake(layout)
    with opened(settings) as database, _reporting(report) as write:
        with database.read() as connection:
            known = next((each for each in series_statuses(connection) if each.series == order.series), None)
        intake.stopped = known.reason if known and known.status == "stopped" else None
        for chunk in chunks:
            end = order.series.closed_end(now_ms())
            found = sort_out(chunk, order.series, end)
            with database.write() as connection:
                stored_now = _store(connection, order, intake, chunk, found)
            refused = found.refused + second_ones(chunk, stored_now.second)
            _note(intake, found, stored_now, order.series.step, len(chunk))
            _list(intake, refused, stored_now.conflicts, keep_all=as_json)
            write(refused)
    if as_json:
        print(json.dumps(_json(order, intake), indent=2))
    else:
        _tell(order, intake, configured=any(each.series == order.series for each in settings.all_series()))
    return 1 if intake.reasons or intake.different > intake.replaced else 0


def series_of(path: Path, exchange: str, symbol: str | None, timeframe: str | None) -> Series:
    """The series that was named, its symbol and timeframe by the file's name if they were not. StopError if unknown."""
    named = named_series(path) or (None, None)
    try:
        return Series(exchange, symbol or named[0] or "", timeframe or named[1] or "")
    except ValueError as error:
        raise StopError(f"say --symbol and --timeframe: the name {path.name} does not tell them ({error})") from None


def _store(connection: Connection, order: Order, intake: Intake, chunk: Chunk, found: Sorted) -> Kept:
    """One transaction: a chunk's new candles, what they prove, and what they replace."""
    series, candles, now = order.series, found.candles, now_us()
    _require_hot(connection, series, candles)
    held = {c.timestamp: c for run in runs(candles, series.step) for c in stored(connection, series, run)}
    other = [Change(old, new) for new in candles if (old := held.get(new.timestamp)) and old != new]
    second = {change.timestamp for change in other if held_by(intake.seen, change.timestamp)}
    changes = [change for change in other if change.timestamp not in second]
    new, refused = 0, len(found.refused) + len(second)
    for part in _proven(order, intake, found) or [Interval(0, 0)]:
        inside = [candle for candle in candles if part.start <= candle.timestamp < part.end]
        new += store_page(connection, series, inside, part, now_us=now, refused=refused)
        refused = 0
    replaced = revise(connection, series, changes, "import", now) if order.replace else 0
    put_away(connection, series, _quarantined(found.refused + second_ones(chunk, second)), "import", now)
    if intake.stopped is not None:  # an import does not make the backfiller collect
        mark(connection, series, "stopped", intake.stopped, now)
    conflicts = [change.timestamp for change in changes]
    return Kept(new, len(held) - len(other), replaced, conflicts, second)


def _require_hot(connection: Connection, series: Series, candles: Sequence[Candle]) -> None:
    """StopError if a candle's month has left the table: what it would be compared with is in the archive alone."""
    for part in pruned_parts(connection, series) if candles else ():
        if any(part.start <= candle.timestamp < part.end for candle in candles):
            month = words.moment(part.start)[:7]
            raise StopError(
                f"{series}: {month} was pruned, its candles are in the archive alone: put them back first, with"
                f" `chandler archive restore --exchange {series.exchange} --symbol {series.symbol}"
                f" --timeframe {series.timeframe} {month}`"
            )


def _quarantined(refused: Sequence[Refused]) -> list[Refusal]:
    """The first hundred of a chunk as they are, the others to be counted: the database is not to be held up long."""
    whole = [Refusal(each.written, each.reason) for each in refused[:_QUARANTINED]]
    return whole + [Refusal("", each.reason) for each in refused[_QUARANTINED:]]


def _proven(order: Order, intake: Intake, found: Sorted) -> list[Interval]:
    """What a chunk makes known: its unbroken runs of candles, or with `complete` all between its ends."""
    present = runs(found.candles, order.series.step)
    if not order.complete or not present:
        return present
    if found.unplaced:
        raise StopError(
            f"{order.path} can't be taken as complete: line {found.refused[0].line} or a later one does not say which"
            " candle it is; import it without --complete, or mend it"
        )
    whole = Interval(present[0].start, present[-1].end)
    joined = joins(whole, intake.span)
    if joined is None:
        raise StopError(f"{order.path} can't be taken as complete: its rows are not in the order of time")
    intake.span = whole if intake.span is None else merge([intake.span, joined])[0]
    return subtract(joined, found.doubtful)


def _note(intake: Intake, found: Sorted, kept: Kept, step: int, rows: int) -> None:
    intake.rows += rows
    intake.new += kept.new
    intake.same += kept.same
    intake.replaced += kept.replaced
    intake.different += len(kept.conflicts)
    intake.seen = merge([*intake.seen, *runs(found.candles, step)])


def _list(intake: Intake, refused: Sequence[Refused], conflicts: Sequence[int], *, keep_all: bool) -> None:
    """Count all that was refused, and keep as many as will be shown."""
    intake.reasons.update(each.reason for each in refused)
    intake.refused += refused if keep_all else refused[: max(0, _LISTED - len(intake.refused))]
    intake.conflicts += conflicts if keep_all else conflicts[: max(0, _LISTED - len(intake.conflicts))]


@contextmanager
def _reporting(path: Path | None) -> Iterator[Any]:
    """Takes refused rows and writes them to a CSV file, if there is one."""
    if path is None:
        yield lambda _refused: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield _writer(file)


def _writer(file: TextIO) -> Any:
    writer = csv.writer(file)
    writer.writerow(Refused._fields)
    return writer.writerows


def _tell(order: Order, intake: Intake, *, configured: bool) -> None:
    layout = intake.layout
    print(f"{order.path}: {layout.format}, columns {layout.columns}, times in {layout.times}")
    kept = intake.different - intake.replaced
    told = [words.several(intake.rows, "row"), f"{words.count(intake.new)} new"]
    told += [f"{words.count(intake.same)} there already"] if intake.same else []
    told += [f"{words.count(intake.replaced)} replaced"] if intake.replaced else []
    told += [f"{words.count(kept)} differ from what is stored, which was kept"] if kept else []
    told += [f"{words.count(intake.reasons.total())} refused"] if intake.reasons else []
    print(f"{order.series}: {', '.join(told)}")
    for at in intake.conflicts if kept else ():
        print(f"  {words.moment(at)} differs; --replace would take the file's")
    for reason, count in intake.reasons.most_common():
        print(f"  refused {words.count(count)}: {reason}")
    for line, reason, written in intake.refused[:_LISTED]:
        print(f"  line {line}: {reason}: {words.printable(written[:80])}")
    if intake.reasons.total() > _LISTED:
        print(f"  the first {_LISTED} are listed; --report FILE keeps them all")
    if not configured:
        print(f"  {order.series} is not in the configuration: nothing keeps it up to date")


def _json(order: Order, intake: Intake) -> dict[str, Any]:
    counts = {name: getattr(intake, name) for name in ("rows", "new", "same", "different", "replaced")}
    return {
        "file": str(order.path),
        "exchange": order.series.exchange,
        "symbol": order.series.symbol,
        "timeframe": order.series.timeframe,
        "format": intake.layout.format,
        "columns": intake.layout.columns,
        "times": intake.layout.times,
        **counts,
        "reasons": dict(intake.reasons),
        "refused": [refused._asdict() for refused in intake.refused],
        "conflicts": intake.conflicts,
    }
