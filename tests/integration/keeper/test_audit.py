"""The audit on books that the ledger wrote."""

import pytest

from keeper.audit import audit
from shared.database import Database
from shared.errors import RetryError
from tests.integration.console.market import fill_database


def complaints(database: Database, *changes: str) -> list[str]:
    """What the audit says about a filled database after some statements."""
    fill_database(database)
    with database.write() as connection:
        for change in changes:
            connection.exec_driver_sql(change)
    with database.read() as connection:
        return audit(connection)


def test_the_ledgers_own_books_add_up(database: Database) -> None:
    assert complaints(database) == []


def test_a_wall_clock_that_stepped_back_is_no_false_alarm(database: Database) -> None:
    back = "UPDATE trades SET executed_at_us = 9 - sequence"
    assert complaints(database, back, "UPDATE balance_history SET recorded_at_us = 99 - balance_id") == []


def test_cash_that_its_trades_do_not_explain_is_named(database: Database) -> None:
    newest = "(SELECT max(balance_id) FROM balance_history WHERE asset = 'USDT' AND strategy_id = 'rsi-btc')"
    told = complaints(database, f"UPDATE balance_history SET total = '5', free = '5' WHERE balance_id = {newest}")
    assert told == ["rsi-btc: total of USDT is 5, its trades make 990.27"]


def test_cash_that_vanished_from_a_strategy_that_never_traded_is_named(database: Database) -> None:
    told = complaints(database, "UPDATE balance_history SET total = '0', free = '0' WHERE strategy_id = 'ema-btc'")
    assert told == ["ema-btc: total of USDT is 0, its trades make 1000"]


def test_a_keeper_that_is_to_end_does_not_wait_for_a_long_audit(database: Database) -> None:
    fill_database(database)
    asked = list[int]()

    def stop_at_the_second() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise RetryError("told to stop")

    with database.read() as connection, pytest.raises(RetryError, match="told to stop"):
        audit(connection, stop_at_the_second)
    assert len(asked) == 2, "three trades are booked"
