"""Who writes to a database: we, and another program."""

from pathlib import Path

from shared.database import Database
from shared.database.sqlite import library

STRATEGY = (
    "INSERT INTO strategy_metadata VALUES"
    " ('{}', 'binance', 'BTC/USDT', '1m', 'rsi', '{{}}', 'active', '', 1, 1, 'paper')"
)
BALANCE = (
    "INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, source, reason,"
    " recorded_at_us) VALUES ('s', 'binance', 'USDT', '1', '1', '0', '1', 'paper', '', 1)"
)


def ours(database: Database, *statements: str) -> None:
    """One transaction of ours."""
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def stranger(path: Path, *statements: str) -> None:
    """Another program, which commits each statement."""
    connection = library().connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
