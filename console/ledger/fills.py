"""Fills in a file, CSV or JSON: read row by row, and what is wrong with each."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.errors import StopError
from shared.market import base_of, quote_of
from shared.trading import Fill, Side
from shared.trading.money import is_sane

COLUMNS = ("trade_id", "symbol", "side", "amount", "price", "fee", "fee_asset", "executed_at")
_REQUIRED = {"trade_id", "side", "amount", "price"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SYMBOL = re.compile(r"[^/\s]+/[^/:\s]+(:\S+)?")

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """A fill, the cells it was read from, and where they stand."""

    where: str
    cells: Cells
    symbol: str
    fill: Fill


def read_fills(path: Path, symbol: str | None) -> tuple[list[Row], list[str]]:
    """The fills of a file, and a sentence for each row that is none.

    `symbol` is that of rows which name none. StopError if the file can't be read or is not a list of fills.
    """
    good: list[Row] = []
    bad: list[str] = []
    seen: dict[str, str] = {}
    for where, cells in _rows(path):
        try:
            row = _row(where, cells, symbol)
            if first := seen.get(row.fill.trade_id):
                raise ValueError(f"trade_id {row.fill.trade_id!r} stands at {first} already")
        except ValueError as error:
            bad.append(f"{where}: {error}")
        else:
            seen[row.fill.trade_id] = where
            good.append(row)
    return good, bad


def _rows(path: Path) -> Iterator[tuple[str, Cells]]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise StopError(f"can't read {path}: {error}") from None
    return _json(path, text) if text.lstrip().startswith(("[", "{")) else _csv(path, text)


def _csv(path: Path, text: str) -> Iterator[tuple[str, Cells]]:
    reader = csv.reader(text.splitlines(keepends=True))
    names = [name.strip().lower() for name in next(reader, [])]
    if lacking := sorted(_REQUIRED - set(names)):
        raise StopError(f"{path} has no column {', '.join(lacking)}: its first line names the columns, {_meant()}")
    for cells in reader:
        where = f"line {reader.line_num}"
        if len(cells) == len(names):
            yield where, {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
        elif cells:
            yield where, {"": f"{len(cells)} cells instead of {len(names)}"}


def _json(path: Path, text: str) -> Iterator[tuple[str, Cells]]:
    try:
        rows: Any = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise StopError(f"{path} is no JSON: {error}") from None
    if not isinstance(rows, list):
        raise StopError(f"{path} is not a list of fills: an array of objects is meant, with {_meant()}")
    for number, row in enumerate(rows, start=1):
        if isinstance(row, dict):
            yield f"entry {number}", {str(name): "" if cell is None else str(cell) for name, cell in row.items()}
        else:
            yield f"entry {number}", {"": "it is no object"}


def _meant() -> str:
    return f"{', '.join(COLUMNS)}; symbol, fee, fee_asset and executed_at may be left out"


def _row(where: str, cells: Cells, symbol: str | None) -> Row:
    """ValueError says what is wrong with it."""
    if "" in cells:
        raise ValueError(cells[""])
    market = cells.get("symbol") or symbol
    if not market or not _SYMBOL.fullmatch(market):
        raise ValueError(f"symbol {market or ''!r} is no market: write BTC/USDT, or give --symbol")
    if not cells.get("trade_id"):
        raise ValueError("it has no trade_id")
    side = cells.get("side", "").lower()
    if side not in (Side.BUY, Side.SELL):
        raise ValueError(f"side {side!r} is neither buy nor sell")
    fill = Fill(
        trade_id=cells["trade_id"],
        side=Side(side),
        amount=_above_zero(cells, "amount"),
        price=_above_zero(cells, "price"),
        fee=_number(cells, "fee", "0"),
        fee_asset=cells.get("fee_asset") or quote_of(market),
        executed_at_us=_moment(cells.get("executed_at", "")),
        base=base_of(market),
        quote=quote_of(market),
        fee_value=_number(cells, "fee_value", "0") if cells.get("fee_value") else None,
    )
    return Row(where, cells, market, fill)


def _above_zero(cells: Cells, name: str) -> Decimal:
    number = _number(cells, name, "")
    if number <= 0:
        raise ValueError(f"{name} {cells[name]!r} is not above 0")
    return number


def _number(cells: Cells, name: str, default: str) -> Decimal:
    text = cells.get(name) or default
    if not _NUMBER.fullmatch(text) or not is_sane(Decimal(text)):
        raise ValueError(f"{name} {text!r} is no number, as 0.00025")
    return Decimal(text)


def _moment(text: str) -> int:
    """Microseconds; whole numbers are taken as they are, because nothing here depends on the time."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1e6) if text else 0
    except ValueError:
        raise ValueError(f"executed_at {text!r} is no time: a whole number, or as 2024-01-01T12:00:00Z") from None
