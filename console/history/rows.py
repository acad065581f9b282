"""`chandler history balances`, `equity` and `tickers`: rows wherever they are, in the database or aged out of it."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from itertools import islice
from typing import Any

from rich.console import Console
from sqlalchemy import Connection

from console import words
from console.candles.status import opened
from console.tables import plain_table
from shared.config import Settings
from shared.errors import ConfigError
from shared.market import Ticker
from shared.models import strategy_metadata
from shared.tiers import BalanceRow, EquityRow, balances, equity, tickers
from shared.trading import plain

Row = BalanceRow | EquityRow | Ticker
_SHOWN, _WIDE = 1_000, 100
_BALANCE = ("asset", "total", "held", "change", "reason")
_EQUITY = ("cash", "positions_value", "equity")
_TICKER = ("bid", "ask", "last")


def show_balances(
    settings: Settings, strategy_id: str, within_us: tuple[int, int], asset: str | None, form: str
) -> int:
    """Every change of a strategy's balances; ConfigError if there is no such strategy."""

    def rows(connection: Connection) -> Iterator[Row]:
        _require(connection, strategy_id)
        return balances(connection, settings.paths.archive, strategy_id, *within_us, asset)

    return _show(settings, rows, _BALANCE, form)


def show_equity(settings: Settings, strategy_id: str, within_us: tuple[int, int], form: str) -> int:
    """What a strategy was worth; ConfigError if there is no such strategy."""

    def rows(connection: Connection) -> Iterator[Row]:
        _require(connection, strategy_id)
        return equity(connection, settings.paths.archive, strategy_id, *within_us)

    return _show(settings, rows, _EQUITY, form)


def show_tickers(settings: Settings, exchange: str, symbol: str, within_us: tuple[int, int], form: str) -> int:
    """What a market cost."""

    def rows(connection: Connection) -> Iterator[Row]:
        return tickers(connection, settings.paths.archive, exchange, symbol, *within_us)

    return _show(settings, rows, _TICKER, form)


def _show(settings: Settings, rows: Callable[[Connection], Iterator[Row]], columns: Sequence[str], form: str) -> int:
    with opened(settings) as database, database.read() as connection:
        found = rows(connection)
        if form == "json":
            _as_json(found)
        elif form == "csv":
            _as_csv(found)
        else:
            _as_table(found, columns, Console())
    return 0


def _as_json(rows: Iterator[Row]) -> None:
    """An array, row by row: there may be very many."""
    between = "["
    for row in rows:
        print(f"{between}\n  {json.dumps(_plain(row))}", end="")
        between = ","
    print("\n]" if between == "," else "[]")


def _as_csv(rows: Iterator[Row]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for number, row in enumerate(rows):
        cells = _plain(row)
        if not number:
            writer.writerow(cells)
        writer.writerow(cells.values())


def _as_table(rows: Iterator[Row], columns: Sequence[str], terminal: Console) -> None:
    """On a narrow terminal without the reason."""
    numbers = {"total", "held", "change", *_EQUITY, *_TICKER}
    columns = [name for name in columns if name != "reason" or terminal.width >= _WIDE]
    headings = [name.replace("_", " ") for name in columns]
    aligned = (f">{head}" if name in numbers else head for name, head in zip(columns, headings, strict=True))
    table = plain_table("when (UTC)", *aligned)
    table.columns[0].min_width = len("2026-01-01 00:00:00")
    for row in islice(rows, _SHOWN):
        at_ms = row.timestamp if isinstance(row, Ticker) else row.recorded_at_us // 1_000
        cells = (getattr(row, name) for name in columns)
        table.add_row(words.moment(at_ms), *(plain(each) if isinstance(each, Decimal) else each for each in cells))
    if not table.row_count:
        print("nothing was recorded there and then")
        return
    terminal.print(table)
    if next(rows, None) is not None:
        print(f"and more: the first {words.count(_SHOWN)} are shown; --csv and --json tell all")


def _plain(row: Row) -> dict[str, Any]:
    """Money as exact decimal text."""
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(row).items()}


def _require(connection: Connection, strategy_id: str) -> None:
    ids = strategy_metadata.c.strategy_id
    known = list(connection.execute(strategy_metadata.select().with_only_columns(ids).order_by(ids)).scalars())
    if strategy_id not in known:
        raise ConfigError(f"there is no strategy {strategy_id}; there are: {', '.join(known) or 'none yet'}")
