"""The store that is measured: very many balances and trades, a thousand positions. Made quickly, and never synced."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from schema import migrate
from shared.database import triggers
from shared.database.sqlite import library

STRATEGIES, MARKETS, ASSETS = 1_000, 50, 10
_STEP = 500_000
_BALANCES = """
    WITH RECURSIVE n(i) AS (SELECT :start UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
    INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, change_percent, source,
                                 reason, recorded_at_us, stamp_us)
    SELECT 's' || (i / :assets % :strategies), 'bench', iif(i % :assets, 'A' || (i % :assets), 'USDT'),
           i || '.25', i || '.25', '0', '1', '0.5', 'paper', 'trade t' || i, i, 1 FROM n
"""
_TRADES = """
    WITH RECURSIVE n(i) AS (SELECT :start UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
    INSERT INTO trades (strategy_id, trade_id, sequence, client_order_id, exchange, symbol, side, amount, price, cost,
                        fee, fee_asset, realized_pnl, lease_token, executed_at_us, fee_quote, stamp_us)
    SELECT 's' || (i % :strategies), 't' || i, i / :strategies + 1, 'o' || (i % :strategies), 'bench',
           'C' || (i % :strategies % :markets) || '/USDT', 'buy', '0.001', '100.25', '0.10025', '0.0001', 'USDT',
           '0', 1, i, '0.0001', 1 FROM n
"""
_FEW = (
    """CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS
       (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :strategies) SELECT i FROM n""",
    """INSERT INTO strategy_metadata (strategy_id, exchange, symbol, timeframe, strategy_name, config, status, reason,
       created_at_us, updated_at_us)
       SELECT 's' || i, 'bench', 'C' || (i % :markets) || '/USDT', '1m', 'bench', '{}', 'active', '', 1, 1 FROM n""",
    """INSERT INTO signals (strategy_id, candle, side, size, price, reason, outcome, lease_token, created_at_us,
       stamp_us) SELECT 's' || i, 1, 'buy', '1', 100.25, '', 'ordered', 1, 1, 1 FROM n""",
    """INSERT INTO orders (client_order_id, strategy_id, candle, leg, attempt, exchange, symbol, side, amount, status,
       reason, lease_token, decided_at_us, updated_at_us, filled)
       SELECT 'o' || i, 's' || i, 1, 'entry', 1, 'bench', 'C' || (i % :markets) || '/USDT', 'buy', '1', 'filled', '',
       1, 1, 1, '1' FROM n""",
    """INSERT INTO positions (strategy_id, exchange, symbol, amount, cost, average_price, realized_pnl, fees,
       updated_at_us) SELECT 's' || i, 'bench', 'C' || (i % :markets) || '/USDT', '1', '100.25', '100.25', '-0.1',
       '0.1', 1 FROM n""",
    """INSERT INTO ticker_data (exchange, symbol, timestamp, bid, ask, last, received_at_us, stamp_us)
       SELECT 'bench', 'C' || i || '/USDT', 1, '101', '101', '101', 1, 1 FROM n WHERE i < :markets""",
)
_COUNTS = {"strategies": STRATEGIES, "markets": MARKETS, "assets": ASSETS}


class Size(NamedTuple):
    """How many rows there are, and how many updates of positions are timed."""

    balances: int
    trades: int
    updates: int

    @property
    def bytes(self) -> int:
        """About what its file takes."""
        return self.balances * 130 + self.trades * 300 + 2_000_000


def size(scale: float) -> Size:
    """At 1: ten million balances, a million trades, a hundred thousand updates. Each strategy has some at any scale."""
    return Size(
        balances=max(STRATEGIES * ASSETS, int(10_000_000 * scale)),
        trades=max(STRATEGIES, int(1_000_000 * scale)),
        updates=max(STRATEGIES, int(100_000 * scale)),
    )


def build(directory: Path, wanted: Size, tell: Callable[[str], None]) -> Path:
    """Make the database in a directory of its own; returns its file."""
    path = directory / "trading.db"
    migrate(f"sqlite:///{path}", path)
    with closing(library().connect(path, isolation_level=None)) as connection:
        for setting in ("synchronous = OFF", "cache_size = -200000", "temp_store = FILE", "threads = 4"):
            connection.execute(f"PRAGMA {setting}")
        triggers.drop(connection)
        for statement in _FEW:
            connection.execute(statement, _COUNTS)
        for table, statement, rows in (
            ("balance_history", _BALANCES, wanted.balances),
            ("trades", _TRADES, wanted.trades),
        ):
            _fill(connection, table, statement, rows, tell)
        triggers.install(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _fill(connection: Any, table: str, statement: str, rows: int, tell: Callable[[str], None]) -> None:
    """The rows first, then their indexes: sorted once, that is several times quicker than row by row."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    for start in range(0, rows, _STEP):
        tell(f"building: {table}, {start:,} of {rows:,} rows")
        connection.execute(statement, {**_COUNTS, "start": start, "end": min(start + _STEP, rows)})
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number, (_, sql) in enumerate(found, 1):
        tell(f"building: {table}, index {number} of {len(found)}")
        connection.execute(sql)
