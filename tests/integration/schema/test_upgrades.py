"""Books that an older Chandler kept are upgraded without losing a digit."""

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import shared.database.schema
from shared import ledger
from shared.database import Database, open_database
from shared.database.schema import upgrade
from shared.trading import Balance, Position

MIGRATIONS = Path(shared.database.schema.__file__).parent / "migrations"
TRADES = [
    ("t1", 1, "buy", "3", "0.1", "0.3", "0.01", "-0.01"),
    ("t2", 2, "buy", "4", "0.25", "1", "0.02", "-0.02"),
    ("t3", 3, "sell", "1", "1", "1", "0.03", "0.7842857142857142857142857143"),
]
BALANCES = [("USDT", "10", "10", "deposit"), ("USDT", "9.64", "-0.36", "trades"), ("BTC", "6", "6", "trades")]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    """A database of schema 0002 with a deposit, three trades and a halted strategy."""
    database = open_database(f"sqlite:///{tmp_path}/old.db")
    database.settle()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        run = connection.exec_driver_sql
        market = "'rsi', 'binance', 'BTC/USDT'"
        run(f"INSERT INTO strategy_metadata VALUES ({market}, '1m', 'rsi', '{{}}', 'halted', 'oops', 1, 1)")
        for trade_id, sequence, side, amount, price, cost, fee, realized in TRADES:
            run(f"INSERT INTO signals VALUES ('rsi', {sequence}, '{side}', '1', 1, '', 'ordered', 1, 1)")
            run(
                "INSERT INTO orders VALUES"
                f" ('o{sequence}', 'rsi', {sequence}, 'entry', 1, 'binance', 'BTC/USDT', '{side}', '{amount}',"
                " 'filled', '', 1, 1, 1)"
            )
            run(
                f"INSERT INTO trades VALUES ('rsi', '{trade_id}', {sequence}, 'o{sequence}', 'binance', 'BTC/USDT',"
                f" '{side}', '{amount}', '{price}', '{cost}', '{fee}', 'USDT', '{realized}', 1, {sequence})"
            )
        run(f"INSERT INTO positions VALUES ({market}, '6', '0.1857142857142857142857142857', '0.754285714', '0.06', 1)")
        for asset, total, change, reason in BALANCES:
            amounts = f"'{asset}', '{total}', '{total}', '0', '{change}'"
            run(f"INSERT INTO balance_history VALUES (NULL, 'rsi', 'binance', {amounts}, 'paper', '{reason}', 1)")
    yield database
    database.close()


def test_positions_that_followed_a_rounded_average_are_derived_anew_and_add_up(old: Database) -> None:
    upgrade(old)
    released = D("0.185714285714285714")
    with old.read() as connection:
        assert ledger.verify(connection) == []
        position = ledger.books(connection, "rsi", "binance", "BTC/USDT").position
        assert position == Position(D(6), D("1.3") - released, D("0.94") - released, D("0.06"))
        assert ledger.latest_balance(connection, "rsi", "USDT") == Balance(D("9.64"))


def test_a_fee_was_in_the_quote_asset_and_a_halt_becomes_a_state(old: Database) -> None:
    upgrade(old)
    with old.read() as connection:
        rows = connection.exec_driver_sql("SELECT fee_quote, liquidity FROM trades ORDER BY sequence").all()
        assert [tuple(row) for row in rows] == [("0.01", "taker"), ("0.02", "taker"), ("0.03", "taker")]
        state = ledger.state_of(connection, "rsi")
        assert (state.state, state.source, state.reason) == ("halted", "strategy", "oops")
