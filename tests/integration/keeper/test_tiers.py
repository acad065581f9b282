"""The keeper's round over the tiers, and the room it gives back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from keeper.tiers import Tiers
from shared.clock import now_us
from shared.config import TierSettings
from shared.database.space import give_back, rebuild, space
from shared.errors import RepairError
from shared.tiers import files_of, verify
from tests.integration.shared.tiers.aged import DAY_US, Books, write_day
from tests.integration.trader.desk import open_desk

NOTHING, EVERYTHING = 0, 2**62


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Busy for 20 days up to now."""
    desk = open_desk(tmp_path)
    for day in range(20, 0, -1):
        write_day(desk, now_us() - day * DAY_US, rows=60)
    yield Books(desk, tmp_path / "archive")
    desk.database.close()


def keeper(books: Books, shipped: int = EVERYTHING, **settings: object) -> Tiers:
    log = structlog.get_logger()
    wanted = TierSettings.model_validate(settings)
    return Tiers(books.desk.database, books.desk.path, books.archive, wanted, lambda: shipped, log)


def test_balances_and_tickers_leave_after_a_week(books: Books) -> None:
    before = books.everything()
    done = keeper(books).round()
    assert done is not None
    a_week_and_older = 13 * 60 + 1
    assert done["rows_copied"] == done["rows_deleted"] == 2 * a_week_and_older - 2, "but the first of BTC and of BNB"
    assert books.hot() == 20 * 60 + 1 - (a_week_and_older - 2)
    assert books.everything() == before
    assert verify(books.desk.database, books.archive) == []


def test_a_round_with_nothing_due_says_so(books: Books) -> None:
    keeper(books).round()
    assert keeper(books).round() is None


def test_nothing_leaves_before_a_backup_holds_it_unless_no_backups_are_wanted(books: Books) -> None:
    assert keeper(books, NOTHING).round() is None
    assert books.hot() == 20 * 60 + 1
    assert keeper(books, NOTHING, without_backup=True).round() is not None
    assert books.hot() < 20 * 60


def test_one_table_that_fails_does_not_hold_up_the_others(books: Books) -> None:
    wanted = {"hot_days": 1, "warm_days": 1}
    keeper(books, balance_history=wanted).round()
    with books.desk.database.read() as connection:
        (file, *_) = files_of(connection, "balance_history")
    (books.archive / file.path).write_bytes(b"damaged")
    later = keeper(books, balance_history={"hot_days": 0.1, "warm_days": 0.1, "cold_days": 0.2}, ticker_data=wanted)
    month_is_over = file.month.end * 1_000 < now_us() - DAY_US
    if month_is_over:
        with pytest.raises(RepairError, match="is damaged"):
            later.round()
    else:
        later.round()
    assert books.hot("ticker_data") <= 61


def test_room_that_rows_have_left_is_given_back_bit_by_bit(books: Books) -> None:
    before = space(books.desk.path)
    assert before.gives_back, "a new database can"
    few = {"hot_rows": 10}
    keeper(books, balance_history=few, ticker_data=few, equity_history=few).round()
    with books.desk.database.write() as connection:
        connection.execute(text("DELETE FROM change_log"))  # as an increment does that has shipped it
    steps: list[int] = []
    free = space(books.desk.path)
    given = give_back(books.desk.path, 0, lambda: True, lambda: steps.append(1))
    after = space(books.desk.path)
    assert given >= free.free_bytes > 100_000
    assert len(steps) > 1, "little by little"
    assert after.free_bytes == 0
    assert after.file_bytes < before.file_bytes


def test_a_rebuilt_database_is_whole_and_has_no_holes(books: Books) -> None:
    rows = books.everything()
    keeper(books).round()
    rebuild(books.desk.path)
    assert space(books.desk.path).free_bytes == 0
    assert books.everything() == rows
