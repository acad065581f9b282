"""The database itself refuses rows that can't be true, whoever writes them."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from shared.database import Database
from shared.models import metadata

ONE = Decimal(1)
NAMES = {"exchange": "binance", "symbol": "BTC/USDT"}
SERIES = {**NAMES, "timeframe": "1m"}

FILES = ("database", "wal", "archive", "backup", "free", "total")

#: A row that can be true for each table, parents before children.
ROWS: dict[str, dict[str, Any]] = {
    "ohlcv_data": {**SERIES, "timestamp": 0, "open": 2.0, "high": 4.0, "low": 1.0, "close": 3.0, "volume": 0.0},
    "series_coverage": {**SERIES, "start": 0, "end": 60_000, "candles": 1},
    "series_status": {**SERIES, "status": "collecting", "reason": "", "refused": 0, "updated_at_us": 1},
    "series_unreachable": {**SERIES, "start": 0, "end": 60_000, "reason": "720 candles", "noted_at_us": 1},
    "quarantine": {
        **SERIES,
        "reason": "off the grid",
        "row": "[1, 2]",
        "source": "rest",
        "times": 1,
        "first_seen_us": 1,
        "last_seen_us": 1,
    },
    "candle_revisions": {**SERIES, "revision_id": 1, "timestamp": 0, "source": "verify", "revised_at_us": 1},
    "archive_months": {
        **SERIES,
        "start": 0,
        "end": 60_000,
        "version": 1,
        "rows": 1,
        "sha256": "",
        "pruned_until": 0,
        "pruned_rows": 0,
    },
    "exchange_status": {
        "exchange": "binance",
        "status": "collecting",
        "reason": "",
        "cooldown_until_us": 0,
        "cooldown_until_boot_us": 0,
        "boot_id": "",
        "cooldown_reason": "",
        "updated_at_us": 1,
    },
    "ticker_data": {**NAMES, "timestamp": 0, "bid": ONE, "ask": ONE, "last": ONE, "received_at_us": 1},
    "markets": {
        **NAMES,
        "amount_step": ONE,
        "price_tick": ONE,
        "minimum_cost": ONE,
        "maker_fee": ONE,
        "taker_fee": ONE,
        "updated_at_us": 1,
    },
    "strategy_metadata": {
        **SERIES,
        "strategy_id": "rsi",
        "strategy_name": "rsi_reversion",
        "config": "{}",
        "status": "active",
        "reason": "",
        "created_at_us": 1,
        "updated_at_us": 1,
    },
    "replicas": {"owner": "a1@host", "asks": 0, "expires_us": 1, "boot_id": "", "updated_at_us": 1},
    "leases": {"strategy_id": "rsi", "owner": None, "token": 0, "expires_us": 0, "boot_id": "", "updated_at_us": 1},
    "strategy_cursors": {"strategy_id": "rsi", "candle": 0, "lease_token": 1, "updated_at_us": 1},
    "signals": {
        "strategy_id": "rsi",
        "candle": 0,
        "side": "buy",
        "size": ONE,
        "price": 3.0,
        "reason": "",
        "outcome": "ordered",
        "lease_token": 1,
        "created_at_us": 1,
    },
    "orders": {
        **NAMES,
        "client_order_id": "ch1",
        "strategy_id": "rsi",
        "candle": 0,
        "leg": "entry",
        "attempt": 1,
        "side": "buy",
        "amount": ONE,
        "status": "new",
        "reason": "",
        "lease_token": 1,
        "decided_at_us": 1,
        "updated_at_us": 1,
    },
    "order_events": {
        "event_id": 1,
        "strategy_id": "rsi",
        "client_order_id": "ch1",
        "status": "new",
        "filled": Decimal(0),
        "reason": "",
        "lease_token": 1,
        "recorded_at_us": 1,
    },
    "trades": {
        **NAMES,
        "strategy_id": "rsi",
        "trade_id": "t-1",
        "sequence": 1,
        "client_order_id": "ch1",
        "side": "buy",
        "amount": ONE,
        "price": ONE,
        "cost": ONE,
        "fee": Decimal(0),
        "fee_asset": "USDT",
        "realized_pnl": -ONE,
        "lease_token": 1,
        "executed_at_us": 1,
    },
    "positions": {
        **NAMES,
        "strategy_id": "rsi",
        "amount": Decimal(0),
        "cost": Decimal(0),
        "average_price": Decimal(0),
        "realized_pnl": -ONE,
        "fees": ONE,
        "updated_at_us": 1,
    },
    "protections": {
        **NAMES,
        "strategy_id": "rsi",
        "candle": 0,
        "lease_token": 1,
        "updated_at_us": 1,
    },
    "balance_history": {
        "balance_id": 1,
        "strategy_id": "rsi",
        "exchange": "binance",
        "asset": "USDT",
        "total": ONE,
        "free": ONE,
        "held": Decimal(0),
        "change": -ONE,
        "source": "paper",
        "reason": "",
        "recorded_at_us": 1,
    },
    "equity_history": {
        "equity_id": 1,
        "strategy_id": "rsi",
        "cash": ONE,
        "positions_value": ONE,
        "equity": ONE,
        "recorded_at_us": 1,
    },
    "trading_states": {"scope": "*", "state": "halted", "source": "operator", "reason": "", "updated_at_us": 1},
    "state_changes": {
        "change_id": 1,
        "scope": "*",
        "old_state": "active",
        "new_state": "halted",
        "source": "operator",
        "reason": "",
        "changed_at_us": 1,
    },
    "operator_requests": {
        "request_id": 1,
        "strategy_id": "rsi",
        "kind": "flatten",
        "status": "open",
        "reason": "",
        "requested_at_us": 1,
        "updated_at_us": 1,
    },
    "risk_marks": {
        "scope": "rsi",
        "day": 0,
        "day_equity": ONE,
        "peak_equity": ONE,
        "equity": ONE,
        "paid_in": ONE,
        "updated_at_us": 1,
    },
    "change_log": {"change_id": 1_000, "at_us": 1, "table_name": "leases", "operation": "delete", "row": "{}"},
    "clock_steps": {"at_us": 3, "from_us": 2, "to_us": 1, "until_us": 3},
    "tier_moves": {
        "move_id": 1,
        "action": "move",
        "policy": "tiers.balance_history",
        "table_name": "balance_history",
        "from_tier": "hot",
        "to_tier": "warm",
        "rows": 1,
        "path": "tables/balance_history/2026-11/1.parquet",
        "sha256": "",
        "reason": "",
        "moved_at_us": 1,
    },
    "tier_files": {
        "path": "tables/balance_history/2026-11/1.parquet",
        "table_name": "balance_history",
        "tier": "warm",
        "rows": 1,
        "first_us": 1,
        "last_us": 1,
        "bytes": 1,
        "sha256": "",
        "made_at_us": 1,
    },
    "keeper_jobs": {"job": "disk", "status": "ok", "told": "", "began_at_us": 1, "figures": "{}"},
    "disk_samples": {"taken_at_us": 1, **{f"{what}_bytes": 1 for what in FILES}},
}
MINUS, ZERO = Decimal("-0.00000001"), Decimal(0)
SIDES = ["hold", "BUY", ""]

#: For each column what it can't be.
IMPOSSIBLE: dict[str, dict[str, list[Any]]] = {
    "ohlcv_data": {"high": [2.9], "low": [2.1, 0.0, -1.0], "open": [4.1, 0.9], "close": [4.1, 0.9], "volume": [-0.1]},
    "series_coverage": {"end": [0, -1]},
    "series_unreachable": {"end": [0, -1]},
    "quarantine": {"times": [0, -1]},
    "exchange_status": {"status": ["", "tired"]},
    "series_status": {"status": ["asleep"]},
    "ticker_data": {"bid": [ZERO, MINUS], "ask": [ZERO], "last": [ZERO]},
    "markets": {"amount_step": [ZERO, MINUS], "price_tick": [ZERO], "fee_side": ["third"]},
    "strategy_metadata": {"status": ["running"], "broker": ["demo", ""]},
    "replicas": {"asks": [2]},
    "signals": {"side": SIDES, "size": [ZERO, MINUS], "price": [0.0, -1.0], "strategy_id": ["unknown"]},
    "orders": {"side": SIDES, "amount": [ZERO, MINUS], "status": ["lost"], "candle": [1], "kind": ["stop"]},
    "order_events": {"client_order_id": ["unknown"]},
    "trades": {
        "side": SIDES,
        "amount": [ZERO, MINUS],
        "price": [ZERO],
        "liquidity": ["both"],
        "client_order_id": ["unknown"],
    },
    "positions": {"average_price": [MINUS], "strategy_id": ["unknown"]},
    "protections": {"candle": [1]},
    "balance_history": {"held": [MINUS], "strategy_id": ["unknown"]},
    "trading_states": {"state": ["tired"], "source": ["nobody"]},
    "operator_requests": {"kind": ["moon"], "status": ["lost"], "strategy_id": ["unknown"]},
    "equity_history": {"strategy_id": ["unknown"]},
    "leases": {"strategy_id": ["unknown"]},
    "strategy_cursors": {"strategy_id": ["unknown"]},
    "change_log": {"operation": ["replace"]},
    "tier_moves": {"action": ["lose"]},
    "tier_files": {"tier": ["hot"]},
    "keeper_jobs": {"status": ["asleep"]},
}
CASES = [
    (table, column, value)
    for table, columns in IMPOSSIBLE.items()
    for column, values in columns.items()
    for value in values
]


def put(database: Database, *tables: str, **changes: Any) -> None:
    """Insert the tables' rows in one transaction, the last one changed."""
    with database.write() as connection:
        for table in tables:
            row = {**ROWS[table], **changes} if table == tables[-1] else ROWS[table]
            connection.execute(insert(metadata.tables[table]).values(row))


def parents(table: str) -> list[str]:
    """The tables before it that its row points to, directly or not."""
    order = list(ROWS)
    books = order.index("strategy_metadata")
    return [t for t in order[books : order.index(table)] if t in ("strategy_metadata", "signals", "orders")]


def test_a_row_that_can_be_true_goes_into_every_table(database: Database) -> None:
    assert set(ROWS) == set(metadata.tables) - {"change_clock"}
    put(database, *ROWS)


@pytest.mark.parametrize(("table", "column", "value"), CASES)
def test_a_row_that_can_not_be_true_is_refused(database: Database, table: str, column: str, value: Any) -> None:
    above = parents(table)
    if above:
        put(database, *above)
    with pytest.raises(IntegrityError, match=r"(CHECK|FOREIGN KEY) constraint failed"):
        put(database, table, **{column: value})


@pytest.mark.parametrize("table", ROWS)
def test_the_same_key_twice_is_refused(database: Database, table: str) -> None:
    put(database, *parents(table), table)
    with pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
        put(database, table)


@pytest.mark.parametrize("table", ROWS)
def test_a_value_that_is_missing_is_refused_unless_the_column_may_be_empty(database: Database, table: str) -> None:
    # By the database.
    numbered = {"balance_id", "equity_id", "revision_id", "event_id", "change_id", "request_id", "move_id"}
    may_be_empty = {"watermark", "owner"} | numbered
    if above := parents(table):
        put(database, *above)
    for column in ROWS[table]:
        if column not in may_be_empty:
            with pytest.raises(IntegrityError, match="NOT NULL constraint failed"):
                put(database, table, **{column: None})


def test_two_strategies_may_have_one_side_each_of_the_same_trade_and_no_two_the_same_side(database: Database) -> None:
    put(database, *parents("trades"), "trades")
    with database.write() as connection:
        connection.execute(
            insert(metadata.tables["strategy_metadata"]).values(ROWS["strategy_metadata"] | {"strategy_id": "ema"})
        )
    put(database, "trades", strategy_id="ema", side="sell")
    with pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
        put(database, "trades", strategy_id="ema", trade_id="t-1", side="buy")


def test_a_text_where_a_number_belongs_is_refused(database: Database) -> None:
    row = "INSERT INTO ohlcv_data VALUES ('binance', 'BTC/USDT', '1m', 0, 1, 2, 1, 'two', 9)"
    with pytest.raises(IntegrityError, match="cannot store TEXT value in REAL column"), database.write() as connection:
        connection.execute(text(row))


@pytest.mark.parametrize("changed", ["clock_id = 2", "held = 2", "at_us = NULL"])
def test_there_is_one_clock_and_one_hand_to_hold_it(database: Database, changed: str) -> None:
    with pytest.raises(IntegrityError, match="constraint failed"), database.write() as connection:
        connection.exec_driver_sql(f"UPDATE change_clock SET {changed}")
    with pytest.raises(IntegrityError, match="constraint failed"), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO change_clock VALUES (2, 1, 1, 0, '', '')")
