"""What a candle costs does not grow with what happened before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from shared import ledger
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings
from shared.database import Database
from tests.integration.trader.desk import PATIENT, Desk, open_desk
from trader.cycle import decide_candle
from trader.desk import watch
from trader.paper import PaperBroker
from trader.tending import tend_orders, watch_position

PAPER = PaperBroker(PaperSettings(slippage=D(0)))
EVERY_LIMIT = RiskSettings(
    max_position=D(1_000_000),
    max_exposure=D(10**9),
    max_order=D(10**9),
    orders_per_minute=1_000,
    max_daily_loss=D("0.9"),
    max_drawdown=D("0.9"),
    stops=2,
    low_profit=D("-0.9"),
    price_band=None,
)
EACH = 10  # instructions

PAST = """
WITH RECURSIVE past(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM past WHERE i < {count})
INSERT INTO signals (strategy_id, candle, side, size, price, reason, outcome, lease_token, created_at_us)
SELECT 'one', -i, 'buy', '1', 1.0, '', 'ordered', 1, i FROM past;

INSERT INTO orders (client_order_id, strategy_id, candle, leg, attempt, exchange, symbol, side, amount, status, reason,
    lease_token, decided_at_us, updated_at_us, filled)
SELECT hex(randomblob(16)), 'one', candle, 'entry', 1, 'binance', 'BTC/USDT', 'buy', '1',
    CASE WHEN candle % 2 THEN 'filled' ELSE 'cancelled' END, '', 1, -candle, 1, '1' FROM signals;

INSERT INTO trades (strategy_id, trade_id, sequence, client_order_id, exchange, symbol, side, amount, price, cost, fee,
    fee_asset, realized_pnl, lease_token, executed_at_us)
SELECT 'one', client_order_id, -candle, client_order_id, 'binance', 'BTC/USDT', 'buy', '1', '1', '1', '0',
    'USDT', '0', 1, decided_at_us FROM orders;

INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, source, reason, recorded_at_us)
SELECT 'one', 'binance', 'USDT', '10000', '10000', '0', '0', 'paper', 'x', 1 FROM signals;

INSERT INTO ticker_data (exchange, symbol, timestamp, bid, ask, last, received_at_us)
SELECT 'binance', 'BTC/USDT', -candle, '100', '100', '100', -candle FROM signals
"""


def with_history(directory: Path, count: int) -> Desk:
    """A desk whose strategy has traded so often before."""
    directory.mkdir()
    desk = open_desk(directory)
    with desk.database.write() as connection:
        for statement in PAST.format(count=count).split(";"):
            connection.exec_driver_sql(statement)
    return desk


@contextmanager
def counted(database: Database) -> Iterator[list[int]]:
    """The instructions of SQLite's machine that are carried out within, in steps of `EACH`."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    def watched(connection: Any) -> None:
        connection.connection.driver_connection.set_progress_handler(step, EACH)

    engines = {database.writer, database.reader, database.own_writer, database.own_reader}
    for engine in engines:
        event.listen(engine, "begin", watched)
    try:
        yield steps
    finally:
        for engine in engines:
            event.remove(engine, "begin", watched)


def cycle(desk: Desk, candle: int) -> dict[str, int]:
    """One candle from the agenda to the closed position: what each part of it took."""
    running = replace(desk.running(desk.claim("a")), limits=EVERY_LIMIT)
    database, found = desk.database, {}
    desk.close_candles([candle])
    with counted(database) as steps:
        decide_candle(database, running, candle, PATIENT, PAPER, EVERY_LIMIT, newest=True)
        found["decide"] = steps[0]
        desk.tick("100", "100")
        tend_orders(database, running, PATIENT, PAPER, EVERY_LIMIT)
        found["tend"] = steps[0] - sum(found.values())
        with database.write() as connection:
            ledger.request_flatten(connection, "one", "enough", now_us())
        watch_position(database, running, PAPER, EVERY_LIMIT)
        desk.tick("100", "100")
        tend_orders(database, running, PATIENT, PAPER, EVERY_LIMIT)
        found["close"] = steps[0] - sum(found.values())
        with database.read() as connection:
            ledger.agendas(connection, ["one"])
        with database.write() as connection:
            watch(connection, {"one": EVERY_LIMIT}, EVERY_LIMIT, now_us())
        found["look"] = steps[0] - sum(found.values())
    return found


@pytest.mark.parametrize("part", ["decide", "tend", "close", "look"])
def test_no_part_of_the_cycle_reads_what_is_long_over(tmp_path: Path, part: str) -> None:
    taken = []
    for name, count in (("new", 200), ("old", 4_000)):
        desk = with_history(tmp_path / name, count)
        cycle(desk, 3_000)
        taken.append(cycle(desk, 4_000)[part])
        assert desk.rows("SELECT amount FROM positions") == [("0",)]
        desk.database.close()
    new, old = taken
    assert old < 1.5 * new, f"{new} steps with 200 orders in the past, {old} with 4,000"
