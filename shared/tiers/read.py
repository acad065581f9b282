"""Reading rows wherever they are: in the database or in files, each once, in the order of time.

The rule: what a file of `tier_files` holds is read from the file; of the table what no such file holds. Both are looked
at in the caller's one read transaction, so a move under way is seen before its commit or after it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from shared.archive import Month
from shared.database.types import Money
from shared.market import Ticker
from shared.tiers.catalogue import TierFile, files_of
from shared.tiers.files import read_rows
from shared.tiers.tables import BALANCES, EQUITY, TICKERS, Aged

_AT_ONCE = 1_000
_END_US = 2**62


@dataclass(frozen=True)
class BalanceRow:
    """A row of `balance_history`: what there was after `change`, who changed it and why, and when (us)."""

    balance_id: int
    strategy_id: str
    exchange: str
    asset: str
    total: Decimal
    free: Decimal
    held: Decimal
    change: Decimal
    change_percent: Decimal | None
    source: str
    reason: str
    recorded_at_us: int


@dataclass(frozen=True)
class EquityRow:
    """A row of `equity_history`, in the quote asset."""

    equity_id: int
    strategy_id: str
    cash: Decimal
    positions_value: Decimal
    equity: Decimal
    recorded_at_us: int


def balances(
    connection: Connection,
    root: Path,
    strategy_id: str,
    since_us: int = 0,
    until_us: int = _END_US,
    asset: str | None = None,
) -> Iterator[BalanceRow]:
    """Every change of a strategy's balances in `since_us <= t < until_us`, oldest first. `root` is paths.archive.

    RepairError if a file is damaged or gone, StopError where pyarrow is not there to read one.
    """
    among = {"strategy_id": strategy_id} | ({} if asset is None else {"asset": asset})
    for row in _union(connection, root, BALANCES, since_us, until_us, among):
        yield BalanceRow(**_named(BALANCES, row))


def equity(
    connection: Connection, root: Path, strategy_id: str, since_us: int = 0, until_us: int = _END_US
) -> Iterator[EquityRow]:
    """What a strategy was worth, as `balances`."""
    for row in _union(connection, root, EQUITY, since_us, until_us, {"strategy_id": strategy_id}):
        yield EquityRow(**_named(EQUITY, row))


def tickers(
    connection: Connection, root: Path, exchange: str, symbol: str, since_us: int = 0, until_us: int = _END_US
) -> Iterator[Ticker]:
    """A market's tickers by the exchange's time, as `balances`."""
    for row in _union(connection, root, TICKERS, since_us, until_us, {"exchange": exchange, "symbol": symbol}):
        yield Ticker(**_named(TICKERS, row))


def _named(aged: Aged, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(aged.told, row, strict=True))


def _union(
    connection: Connection, root: Path, aged: Aged, since_us: int, until_us: int, among: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    """By time, then by key; a row that is in both is told once, as its file has it."""
    within = (since_us // aged.unit_us + bool(since_us % aged.unit_us), -(-until_us // aged.unit_us))
    place = [aged.told.index(name) for name in (aged.time, *aged.key)]

    def order(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(row[each] for each in place)

    files = [file for file in files_of(connection, aged.name) if file.last_us >= since_us and file.first_us < until_us]
    told = None
    for row in merge(_cold(root, aged, files, within, among, order), _hot(connection, aged, within, among), key=order):
        if order(row) != told:
            told = order(row)
            yield row


def _hot(
    connection: Connection, aged: Aged, within: tuple[int, int], among: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    columns, time = aged.table.c, aged.table.c[aged.time]
    query = (
        select(*(columns[name] for name in aged.told))
        .where(*(columns[name] == value for name, value in among.items()), time >= within[0], time < within[1])
        .order_by(time, *(columns[name] for name in aged.key))
    )
    for rows in connection.execute(query).partitions(_AT_ONCE):
        yield from map(tuple, rows)


def _cold(
    root: Path,
    aged: Aged,
    files: Iterable[TierFile],
    within: tuple[int, int],
    among: Mapping[str, str],
    order: Callable[[tuple[Any, ...]], tuple[Any, ...]],
) -> Iterator[tuple[Any, ...]]:
    """Month after month: files of one month may reach into one another, those of two can't."""
    months: defaultdict[Month, list[TierFile]] = defaultdict(list)
    for file in files:
        months[file.month].append(file)
    for month in sorted(months):
        rows = (row for file in months[month] for row in _of_file(root, aged, file, within, among))
        yield from sorted(rows, key=order)


def _of_file(
    root: Path, aged: Aged, file: TierFile, within: tuple[int, int], among: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    money = [place for place, name in enumerate(aged.told) if isinstance(aged.table.c[name].type, Money)]
    chosen = {name: [value] for name, value in among.items()}
    for rows in read_rows(root / file.path, aged.told, between=(aged.time, *within), among=chosen):
        for row in rows:
            values = list(row)
            for place in money:
                values[place] = None if values[place] is None else Decimal(values[place])
            yield tuple(values)
