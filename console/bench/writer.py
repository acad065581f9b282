"""One of those who update positions and commit, timed, in a process of its own.

`python -m console.bench.writer DATABASE NUMBER OF COUNT PAUSE_MS OUT [--bare]`: COUNT updates of the NUMBERth part
of OF of the strategies, so long apart, as traders do them, or through the driver alone. Says "ready", waits for a
line, and writes {"took_ms": [...], "errors": n} to OUT as JSON: nobody reads a pipe meanwhile, and it would fill.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from console.bench.build import MARKETS, STRATEGIES
from shared.database import open_database
from shared.database.sqlite import library
from shared.errors import ChandlerError
from shared.ledger.books import save_position
from shared.trading import Order, Position, Side, plain

_UPDATE = (
    "UPDATE positions SET amount = ?, cost = ?, average_price = ?, realized_pnl = ?, fees = ?, updated_at_us = ?"
    " WHERE strategy_id = ? AND exchange = ? AND symbol = ?"
)


def main() -> None:
    """Open, wait for the start, update, tell."""
    file, number, of, count, pause_ms, out, *how = sys.argv[1:]
    orders = [_order(n) for n in range(int(number), STRATEGIES, int(of))]
    run = _bare if how else _ours
    updates = [(orders[at % len(orders)], at + 1) for at in range(int(count))]
    took_ms, errors = run(file, updates, float(pause_ms) / 1_000)
    Path(out).write_text(json.dumps({"took_ms": took_ms, "errors": errors}), encoding="utf-8")


def _ours(file: str, updates: list[tuple[Order, int]], pause: float) -> tuple[list[float], int]:
    def update(order: Order, number: int) -> None:
        with database.write_as(order.strategy_id) as connection:
            save_position(connection, order, _position(number), number)

    with closing(open_database(f"sqlite:///{file}", "full", readers=1)) as database:
        return _timed(update, updates, pause, ChandlerError)


def _bare(file: str, updates: list[tuple[Order, int]], pause: float) -> tuple[list[float], int]:
    """As a home-made script does it well: BEGIN IMMEDIATE, and SQLite's own waiting."""

    def update(order: Order, number: int) -> None:
        held = _position(number)
        amounts = (held.amount, held.cost, held.average_price, held.realized_pnl, held.fees)
        connection.execute("BEGIN IMMEDIATE")
        where = (order.strategy_id, order.exchange, order.symbol)
        connection.execute(_UPDATE, (*map(plain, amounts), number, *where))
        connection.execute("COMMIT")

    with closing(library().connect(file, isolation_level=None, timeout=10)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        return _timed(update, updates, pause, library().Error)


def _timed(
    update: Callable[[Order, int], None], updates: list[tuple[Order, int]], pause: float, error: type[Exception]
) -> tuple[list[float], int]:
    print("ready", flush=True)
    sys.stdin.readline()
    took_ms, errors = list[float](), 0
    for each in updates:
        began = time.perf_counter()
        try:
            update(*each)
        except error as told:
            errors += 1
            print(told, file=sys.stderr)
        took_ms.append(round((time.perf_counter() - began) * 1_000, 3))
        if pause:
            time.sleep(pause)
    return took_ms, errors


def _order(number: int) -> Order:
    symbol = f"C{number % MARKETS}/USDT"
    return Order(f"o{number}", f"s{number}", 1, "entry", 1, "bench", symbol, Side.BUY, Decimal(1), 1)


def _position(number: int) -> Position:
    return Position(Decimal(1), Decimal(number), fees=Decimal(number))


if __name__ == "__main__":
    main()
