"""Statements that are handed to the driver as text say and give what SQLAlchemy's would."""

from decimal import Decimal as D

import pytest
from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from shared.database import Database
from shared.database.prepared import Prepared
from shared.errors import StopError
from shared.models import equity_history, markets, strategy_metadata, ticker_data

OF = ticker_data.c.symbol == bindparam("of")
BIDS = Prepared(select(ticker_data.c.timestamp, ticker_data.c.bid).where(OF).order_by(ticker_data.c.timestamp))
ADD = Prepared(insert(ticker_data))
ROW = {"exchange": "binance", "symbol": "BTC/USDT", "ask": D(3), "last": D(2), "received_at_us": 1}


def test_money_goes_in_and_comes_out_as_decimals_to_the_last_digit(database: Database) -> None:
    exact = D("12345.678901234567890123")
    with database.write() as connection:
        ADD.run(connection, **ROW, timestamp=1, bid=exact)
        ADD.run(connection, **ROW, timestamp=2, bid=D(1))
        assert BIDS.rows(connection, of="BTC/USDT") == [(1, exact), (2, D(1))]
        assert BIDS.first(connection, of="BTC/USDT") == (1, exact)
        assert BIDS.value(connection, of="BTC/USDT") == 1
        assert BIDS.rows(connection, of="DOGE/USDT") == []
        assert BIDS.first(connection, of="DOGE/USDT") is None


def test_a_float_is_no_money_here_either(database: Database) -> None:
    with database.write() as connection, pytest.raises(TypeError, match="money must be Decimal"):
        ADD.run(connection, **ROW, timestamp=1, bid=1.5)


def test_an_update_sets_what_it_is_given_and_nothing_else(database: Database) -> None:
    change, remove = Prepared(update(ticker_data).where(OF)), Prepared(delete(ticker_data).where(OF))
    with database.write() as connection:
        ADD.run(connection, **ROW, timestamp=1, bid=D(1))
        change.run(connection, of="BTC/USDT", bid=D("1.5"))
        change.run(connection, of="BTC/USDT", last=D("2.5"), received_at_us=7)
        change.run(connection, of="DOGE/USDT", bid=D(9))
        found = connection.execute(select(ticker_data)).one()
        assert (found.bid, found.last, found.received_at_us, found.ask) == (D("1.5"), D("2.5"), 7, D(3))
        remove.run(connection, of="BTC/USDT")
        assert BIDS.rows(connection, of="BTC/USDT") == []


def test_constants_of_the_statement_are_bound_too(database: Database) -> None:
    among = Prepared(select(func.count()).where(ticker_data.c.symbol.in_([literal("A/B"), literal("BTC/USDT")]), OF))
    with database.write() as connection:
        ADD.run(connection, **ROW, timestamp=1, bid=D(1))
        assert among.value(connection, of="BTC/USDT") == 1
        assert among.value(connection, of="A/B") == 0


def test_missing_values_are_null_and_nulls_are_none(database: Database) -> None:
    names = ("amount_step", "price_tick", "minimum_cost", "maker_fee", "taker_fee")
    row = {"exchange": "binance", "symbol": "BTC/USDT", "updated_at_us": 1, **dict.fromkeys(names, D(1))}
    with database.write() as connection:
        Prepared(insert(markets)).run(connection, **row)
        asked = Prepared(select(markets.c.maximum_amount, markets.c.minimum_amount))
        assert asked.rows(connection) == [(None, D(0))]


def test_it_belongs_to_the_transaction_it_is_run_in(database: Database) -> None:
    def fail(connection: Connection) -> None:
        ADD.run(connection, **ROW, timestamp=1, bid=D(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.write() as connection:
        fail(connection)
    with database.read() as connection:
        assert BIDS.rows(connection, of="BTC/USDT") == []


def test_what_the_database_complains_of_is_explained_as_ever(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE equity_history")
    asked = Prepared(select(equity_history.c.equity))
    with pytest.raises(StopError, match="run `python schema"), database.read() as connection:
        asked.rows(connection)


def test_a_confined_connection_keeps_it_within_one_strategys_books(database: Database) -> None:
    mine = Prepared(select(strategy_metadata.c.strategy_id))
    with database.write() as connection:
        names = ("exchange", "symbol", "timeframe", "strategy_name", "config", "reason")
        row = dict.fromkeys(names, "x") | {"status": "active", "created_at_us": 1, "updated_at_us": 1}
        for name in ("a", "b"):
            Prepared(insert(strategy_metadata)).run(connection, strategy_id=name, **row)
        assert mine.rows(connection) == [("a",), ("b",)]
    for name in ("a", "b"):
        with database.read_as(name) as connection:
            assert mine.rows(connection) == [(name,)]
