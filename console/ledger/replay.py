"""`chandler ledger replay`: what a list of fills makes of a position, after each of them."""

import csv
import json
import os
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from console import words
from console.ledger.fills import COLUMNS, Row, read_fills
from shared.errors import StopError
from shared.trading import Account, plain
from shared.trading.money import is_sane

_RESULTS = ("quantity", "average_price", "realized_pnl", "unrealized_pnl", "fees")

Line = dict[str, str]


def replay_fills(path: Path, out: Path, mark: str | None, symbol: str | None) -> int:
    """Write the position after each fill. StopError, and nothing is written, if any row is no fill."""
    price = None if mark is None else _price(mark)
    rows, complaints = read_fills(path, symbol)
    if complaints:
        print("\n".join(f"{path} {complaint}" for complaint in complaints), file=sys.stderr)
        refused = f"{words.several(len(complaints), 'row')} of {len(rows) + len(complaints)}"
        raise StopError(f"{refused} refused: without them every position after would be wrong; nothing was written")
    if out.exists() and out.samefile(path):
        raise StopError(f"{out} is the file with the fills: name another one")
    _write(out, list(after_each(rows, price)))
    print(f"{out}: {words.several(len(rows), 'fill')}")
    return 0


def after_each(rows: Sequence[Row], mark: Decimal | None) -> Iterator[Line]:
    """Each fill with what its market's position is after it; money as exact text, fees and profits in quote."""
    account = Account()
    for row in rows:
        account.book(row.symbol, row.fill)
        position = account.position(row.symbol)
        worth = position.unrealized_pnl(row.fill.price if mark is None else mark)
        results = (position.amount, position.average_price, position.realized_pnl, worth, position.fees)
        shown = {name: plain(value) for name, value in zip(_RESULTS, results, strict=True)}
        yield {**_given(row), **shown}


def _given(row: Row) -> Line:
    fill = row.fill
    numbers = {"amount": plain(fill.amount), "price": plain(fill.price), "fee": plain(fill.fee)}
    words_ = {"symbol": row.symbol, "side": fill.side.value, "fee_asset": fill.fee_asset}
    given = {"trade_id": fill.trade_id, "executed_at": row.cells.get("executed_at", ""), **numbers, **words_}
    return {name: given[name] for name in COLUMNS}


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(0)
    if not is_sane(price) or price <= 0:
        raise StopError(f"--mark {text} is no price: a number above 0 is meant")
    return price


def _write(path: Path, lines: list[Line]) -> None:
    """Under its name only once it is whole."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("x", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".json":
                json.dump(lines, file, indent=1, ensure_ascii=False)
                file.write("\n")
            else:
                writer = csv.DictWriter(file, (*COLUMNS, *_RESULTS), lineterminator="\n")
                writer.writeheader()
                writer.writerows(lines)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
