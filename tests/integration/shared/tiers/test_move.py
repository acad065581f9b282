"""Rows leave the database, and nobody who reads can tell."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlalchemy import text

from shared import ledger
from shared.clock import now_us
from shared.config import TierPolicy
from shared.errors import RepairError, RetryError
from shared.portfolio import PortfolioReader
from shared.tiers import AGED, move_aged, moves, verify
from shared.tiers.catalogue import files_of
from tests.integration.shared.tiers.aged import DAY_US, EVERYTHING, NOW_US, WEEK, Books

TABLES = ("balance_history", "equity_history", "ticker_data")


def test_rows_older_than_the_policy_leave_and_are_read_as_before(books: Books) -> None:
    before = books.everything()
    for table in TABLES:
        books.move(table)
    assert [books.hot(table) for table in TABLES] == [143, 142, 140]
    assert books.everything() == before
    assert verify(books.desk.database, books.archive) == []


def test_what_is_asked_for_all_the_time_stays(books: Books) -> None:
    for table in TABLES:
        books.move(table, NOW_US + 365 * DAY_US)
    with books.desk.database.read() as connection:
        assert ledger.latest_balance(connection, "one", "BNB").total > 0
        left = connection.execute(text("SELECT asset, reason FROM balance_history ORDER BY balance_id")).tuples().all()
    assert sorted(asset for asset, _ in left) == ["BNB", "BNB", "BTC", "BTC", "USDT", "USDT"]
    assert ("USDT", "deposit") in left
    assert books.hot("ticker_data") == 1


def test_a_number_of_rows_is_a_threshold_of_its_own(books: Books) -> None:
    before = books.everything()
    books.move("balance_history", policy=TierPolicy(hot_rows=100))
    assert books.hot() == 103, "the newest hundred, and the first of each of the three assets"
    assert books.everything() == before


def test_a_policy_without_thresholds_moves_nothing(books: Books) -> None:
    books.move("balance_history", policy=TierPolicy())
    assert books.hot() == 1401


def test_rows_that_no_backup_holds_stay(books: Books) -> None:
    with books.desk.database.read() as connection:
        middle = connection.execute(text("SELECT stamp_us FROM balance_history WHERE balance_id = 500")).scalar_one()
    moved = move_aged(books.shelf(), AGED["balance_history"], WEEK, middle, NOW_US)
    with books.desk.database.read() as connection:
        (newest,) = connection.execute(text("SELECT max(last_id) FROM tier_files")).one()
    assert newest <= 501
    assert 400 < moved.deleted < 500


def test_the_record_says_what_left_by_which_policy_and_where_to(books: Books) -> None:
    books.move()
    with books.desk.database.read() as connection:
        told = moves(connection)
        files = files_of(connection, "balance_history")
    assert [(each.action, each.path) for each in told] == [(what, f.path) for f in files for what in ("move", "prune")]
    assert {each.policy for each in told} == {"tiers.balance_history: hot_days = 7"}
    assert [each.rows for each in told[::2]] == [each.rows for each in told[1::2]] == [file.rows for file in files]
    assert {(each.from_tier, each.to_tier) for each in told} == {("hot", "warm")}


def test_the_audit_and_the_portfolio_say_the_same_before_and_after(books: Books) -> None:
    desk = books.desk
    with desk.database.write() as connection:
        connection.execute(text("DELETE FROM balance_history WHERE reason <> 'deposit'"))
        connection.execute(text("UPDATE strategy_metadata SET created_at_us = :at"), {"at": NOW_US - 70 * DAY_US})
    reader = PortfolioReader(desk.database, books.archive)
    before = reader.report(NOW_US, 60), reader.report(NOW_US, 8)
    books.move("equity_history")
    assert books.hot("equity_history") < 150
    reader = PortfolioReader(desk.database, books.archive)
    assert (reader.report(NOW_US, 60), reader.report(NOW_US, 8)) == before
    with desk.database.read() as connection:
        assert ledger.verify(connection) == []


def test_books_with_trades_add_up_after_everything_that_may_leave_has_left(books: Books) -> None:
    desk = books.desk
    desk.close_candles(range(1_700_000_000_000, 1_700_000_010_000, 1_000))
    with desk.database.write() as connection:
        connection.execute(text("DELETE FROM balance_history WHERE reason <> 'deposit'"))
        ledger.deposit(connection, "one", "binance", "USDT", D(250), now_us())
        ledger.record_balances(connection, [])
    with desk.database.read() as connection:
        before = ledger.verify(connection)
    for table in (*TABLES, "order_events"):
        books.move(table, now_us() + 400 * DAY_US)
    with desk.database.read() as connection:
        assert ledger.verify(connection) == before


def test_a_row_that_somebody_changed_after_it_was_copied_is_not_deleted(books: Books) -> None:
    def tamper(step: str) -> None:
        if step == "recorded":
            with books.desk.database.write() as connection:
                connection.execute(text("UPDATE balance_history SET total = '1' WHERE balance_id = 7"))

    with pytest.raises(RepairError, match=r"1 rows are not what tables/balance_history/.* says of them"):
        move_aged(books.shelf(tamper), AGED["balance_history"], WEEK, EVERYTHING, NOW_US)
    with books.desk.database.read() as connection:
        kept = connection.execute(text("SELECT total FROM balance_history WHERE balance_id = 7")).scalar_one()
    assert kept == "1"


def test_a_disk_that_takes_nothing_leaves_everything_where_it_is(books: Books) -> None:
    before = books.everything()
    (books.archive).mkdir()
    (books.archive / "tables").mkdir()
    (books.archive / "tables" / "balance_history").write_text("in the way")
    with pytest.raises(RetryError, match="no row has left"):
        books.move()
    assert books.hot() == 1401
    assert books.everything() == before


def test_two_who_move_at_once_do_not_meet(books: Books) -> None:
    met = []

    def other(step: str) -> None:
        if step == "named":
            with pytest.raises(RetryError, match="another process writes the archive"):
                books.move("ticker_data")
            met.append(step)

    move_aged(books.shelf(other), AGED["balance_history"], WEEK, EVERYTHING, NOW_US)
    assert met


def test_a_keeper_that_is_told_to_stop_goes_on_next_time(books: Books) -> None:
    before = books.everything()
    asked = iter([False, False, True])
    shelf = replace(books.shelf(), stopped=lambda: next(asked, True))
    move_aged(shelf, AGED["balance_history"], WEEK, EVERYTHING, NOW_US)
    assert 143 < books.hot() < 1401
    assert books.everything() == before
    books.move()
    assert books.hot() == 143
    assert books.everything() == before
