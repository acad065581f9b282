"""How the upkeep looks on a terminal. Pure: values in, renderables out."""

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from console import words
from console.candles.tables import size
from console.status.read import Held, Upkeep
from console.tables import plain_table
from shared.run import Run
from shared.upkeep import Forecast, JobRow, Sample

_WIDE = 110
_STATEMENTS = 3
#: Heading (`>` is aligned right), and whether it needs a wide terminal.
_PROCESS_COLUMNS = (
    ("service", False),
    ("process", False),
    (">up", False),
    (">connections", False),
    (">statements", False),
    (">commits", True),
    (">cache hits", False),
    (">lock p99", True),
    (">slow", False),
)


def upkeep_table(upkeep: Upkeep, warning_days: float) -> Table:
    """A line each: database, disk, archive, backups, the keeper, leases."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, text in _lines(upkeep, warning_days):
        grid.add_row(name, text)
    return grid


def processes_table(runs: Iterable[Run], at_us: int, width: int) -> Table:
    """What each process asked of the database since it began."""
    shown = [(heading, wide) for heading, wide in _PROCESS_COLUMNS if width >= _WIDE or not wide]
    table = plain_table(*(heading for heading, _ in shown))
    for run in runs:
        told = run["database"]
        pools = told["connections"].values()
        slow = told["slow_statements"] + told["slow_transactions"]
        cells: tuple[str | Text, ...] = (
            run["service"],
            f"{run['pid']}@{run['host'][:12]}",
            words.duration(max(0, at_us - run["started_at_us"]) // 1_000),
            f"{sum(pool['open'] for pool in pools)}, {sum(pool['in_use'] for pool in pools)} in use",
            words.count(told["statements"]),
            words.count(told["transactions"]),
            hit_rate(told["cache_hits"], told["cache_misses"]),
            milliseconds(told["lock_wait_p99_us"]),
            Text(words.count(slow), "yellow") if slow else words.NOTHING,
        )
        table.add_row(
            *(cell for cell, (_, wide) in zip(cells, _PROCESS_COLUMNS, strict=True) if width >= _WIDE or not wide)
        )
    return table


def slowest(runs: Iterable[Run], width: int) -> Text:
    """The statements that took longest once, of all processes; empty before the first."""
    told = [(each["worst_ms"], each, run["service"]) for run in runs for each in run["database"]["slowest"]]
    worst = sorted(told, key=lambda entry: -entry[0])[:_STATEMENTS]
    lines = [
        Text(f"{worst_ms:>8,.1f} ms  {service:<10}  {_one_line(each['statement'])}")
        for worst_ms, each, service in worst
    ]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join([Text("slowest statements", "dim"), *lines]) if lines else Text()


def hit_rate(hits: int, misses: int) -> str:
    """How often a cache had the answer."""
    return words.percent(hits / (hits + misses), 1, signed=False) if hits + misses else words.NOTHING


def milliseconds(us: int | None) -> str:
    """0.3 ms."""
    return words.NOTHING if us is None else f"{us / 1_000:,.1f} ms"


def _lines(upkeep: Upkeep, warning_days: float) -> Iterator[tuple[str, Text]]:
    if upkeep.storage:
        yield "database", Text(f"{size(upkeep.storage.database_bytes)}, WAL {size(upkeep.storage.wal_bytes)}")
        if upkeep.ahead:
            yield "disk", _disk(upkeep.storage, upkeep.ahead, warning_days)
    yield "archive", _archive(upkeep)
    yield "backups", _backups(upkeep)
    if upkeep.storage:
        yield "keeper", Text(upkeep.keeper) if upkeep.keeper else Text("none runs", "yellow")
    for row in upkeep.jobs:
        if row.status == "failed":
            yield "", _failure(row, upkeep.at_us)
    if upkeep.leases:
        yield "leases", _leases(upkeep.leases)


def _disk(storage: Sample, ahead: Forecast, warning_days: float) -> Text:
    line = Text(f"{size(storage.free_bytes)} of {size(storage.total_bytes)} free")
    if ahead.confidence == "none":
        return line.append("; too few samples for a forecast")
    if ahead.days_left is None:
        return line.append("; it does not fill up")
    style = "red" if ahead.is_alarming(warning_days) else ""
    left = f"{ahead.days_left:,.0f} days" if ahead.days_left >= 2 else f"{24 * ahead.days_left:,.0f} hours"
    line.append(f"; fills by {size(round(ahead.bytes_a_day))} a day, ").append(f"full in {left}", style)
    return line.append(f" ({ahead.confidence} confidence)")


def _archive(upkeep: Upkeep) -> Text:
    parts = [size(upkeep.storage.archive_bytes)] if upkeep.storage else []
    months = f"{words.several(upkeep.sealed_months, 'month')} of candles sealed"
    parts.append(f"{months}, {words.count(upkeep.pruned_months)} of them pruned" if upkeep.pruned_months else months)
    parts += [
        f"{each.table} {each.tier}: {words.several(each.rows, 'row')} in {words.several(each.files, 'file')},"
        f" {size(each.bytes)}"
        for each in upkeep.tiers
    ]
    return Text("; ".join(parts))


def _backups(upkeep: Upkeep) -> Text:
    line = Text(f"{size(upkeep.storage.backup_bytes)}; " if upkeep.storage else "")
    if upkeep.full_us is None:
        return line.append("there is none yet", "yellow")
    line.append(f"full {_ago(upkeep.full_us, upkeep.at_us)}")
    if upkeep.increment_us is not None:
        line.append(f", increment {_ago(upkeep.increment_us, upkeep.at_us)}")
    drill = upkeep.job("drill")
    if drill is None or drill.succeeded_at_us is None:
        return line.append(", never drilled")
    line.append(f", drilled {_ago(drill.succeeded_at_us, upkeep.at_us)}")
    return line.append(f" in {words.duration(round(1_000 * drill.seconds))}" if drill.seconds is not None else "")


def _failure(row: JobRow, at_us: int) -> Text:
    when = _ago(row.ended_at_us or row.began_at_us, at_us)
    return Text.assemble(row.job, " ", ("failed", "red"), f" {when}: {words.printable(_one_line(row.told))}")


def _leases(leases: Iterable[Held]) -> Text:
    leases = list(leases)
    owners = {each.owner for each in leases if each.owner}
    held = [each for each in leases if each.owner]
    line = Text(f"{len(held)} of {words.several(len(leases), 'strategy', 'strategies')} held")
    line.append(f" by {words.several(len(owners), 'trader')}" if owners else "")
    free = [each.strategy_id for each in leases if not each.owner]
    shown = ", ".join(free[:5]) + (f" and {len(free) - 5} more" if len(free) > 5 else "")
    return line.append(f"; free: {shown}", "yellow") if free else line


def _ago(then_us: int, now_us: int) -> str:
    return f"{words.duration(max(0, now_us - then_us) // 1_000)} ago"


def _one_line(text: str) -> str:
    return " ".join(text.split())
