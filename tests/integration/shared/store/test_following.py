"""Callbacks on change: of this process or another, each change once and in order, whatever a callback does."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database import Database
from shared.database.changes import prune_changes
from shared.database.sqlite import library
from shared.errors import ConfigError, RepairError
from shared.store import Book, Bookmark, Change, Store, Wallet, follow

ROOT = Path(__file__).parents[4]


@pytest.fixture
def store(database: Database, database_file: Path) -> Iterator[Store]:
    with Store.open(database_file) as opened:
        yield opened


@pytest.fixture
def wallet(store: Store) -> Wallet:
    return store.wallet("account", exchange="binance")


@pytest.fixture
def book(store: Store) -> Book:
    return store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)


def totals(told: list[Change]) -> list[D]:
    return [change.row["total"] for change in told]


def test_a_callback_hears_of_each_balance_once_and_in_order(store: Store, wallet: Wallet) -> None:
    wallet.record("USDT", 1)
    heard: list[Change] = []
    changes = store.follow()
    changes.on("balance_history", heard.append)
    assert changes.poll() == 0  # what was before is not news
    wallet.record("USDT", "2.50")
    wallet.record_many([("USDT", 3), ("BTC", 4)])
    assert changes.poll() == 3
    assert totals(heard) == [D("2.5"), D(3), D(4)]
    assert [change.operation for change in heard] == ["insert"] * 3
    assert heard[0].stamp_us < heard[1].stamp_us == heard[2].stamp_us
    assert changes.poll() == 0


def test_a_trade_comes_with_all_that_follows_from_it(store: Store, book: Book) -> None:
    heard: list[Change] = []
    changes = store.follow()
    for table in ("trades", "positions", "balance_history", "orders", "signals"):
        changes.on(table, heard.append)
    book.open("buy", "0.5", "100.10", trade_id="first")
    assert changes.poll() == len(heard)
    assert {change.stamp_us for change in heard} == {heard[0].stamp_us}
    (position,) = (change.row for change in heard if change.table == "positions")
    assert (position["amount"], position["cost"]) == (D("0.5"), D("50.05"))
    (trade,) = (change.row for change in heard if change.table == "trades")
    assert (trade["trade_id"], trade["price"]) == ("first", D("100.1"))
    heard.clear()
    book.close(101)
    changes.poll()
    assert [change.operation for change in heard if change.table == "positions"] == ["update"]


def test_changes_of_another_process_are_heard(store: Store, wallet: Wallet, database_file: Path) -> None:
    program = """
import sys
from shared.store import Store
with Store.open(sys.argv[1]) as store:
    for number in range(50):
        store.wallet("account").record("USDT", number)
"""
    heard: list[Change] = []
    changes = store.follow()
    changes.on("balance_history", heard.append)
    with subprocess.Popen([sys.executable, "-c", program, str(database_file)], cwd=ROOT) as other:
        while other.poll() is None:
            changes.poll()
    changes.poll()
    assert other.returncode == 0
    assert totals(heard) == [D(number) for number in range(50)]


def test_among_many_writers_the_order_is_that_of_the_commits(
    store: Store, wallet: Wallet, book: Book, database: Database, database_file: Path
) -> None:
    program = """
import sys
from shared.store import Store
with Store.open(sys.argv[1]) as store:
    for number in range(30):
        store.wallet("account").record(sys.argv[2], number)
        store.book("mine").trade("buy", 1, 100)
"""
    heard: list[Change] = []
    changes = store.follow()
    for table in ("balance_history", "trades", "positions"):
        changes.on(table, heard.append)
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(database_file), asset], cwd=ROOT)
        for asset in ("USDT", "BTC", "ETH")
    ]
    while any(writer.poll() is None for writer in writers):
        changes.poll()
    changes.poll()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    with database.read() as connection:
        added = connection.exec_driver_sql(
            "SELECT balance_id FROM balance_history WHERE balance_id > 1 ORDER BY stamp_us, balance_id"
        )
        written = list(added.scalars())
    assert [change.row["balance_id"] for change in heard if change.table == "balance_history"] == written
    assert [change.row["sequence"] for change in heard if change.table == "trades"] == list(range(1, 91))
    assert [change.row["amount"] for change in heard if change.table == "positions"] == [D(n) for n in range(1, 91)]
    assert [change.stamp_us for change in heard] == sorted(change.stamp_us for change in heard)


def test_what_a_stranger_writes_with_plain_sql_is_heard(store: Store, book: Book, database_file: Path) -> None:
    book.open("buy", 1, 100)
    heard: list[Change] = []
    changes = store.follow()
    changes.on("positions", heard.append, operations=("update", "delete"))
    changes.on("balance_history", heard.append)
    stranger = library().connect(database_file, isolation_level=None)
    stranger.execute("UPDATE positions SET amount = '7'")
    stranger.execute(
        "INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, source, reason,"
        " recorded_at_us) VALUES ('mine', 'binance', 'X', '1', '1', '0', '1', 'hand', 'hand', 1)"
    )
    stranger.execute("DELETE FROM positions")
    stranger.close()
    changes.poll()
    assert [(change.table, change.operation) for change in heard] == [
        ("positions", "update"),
        ("balance_history", "insert"),
        ("positions", "delete"),
    ]
    assert heard[0].row["amount"] == heard[2].row["amount"] == D(7)


def test_what_a_stranger_adds_to_history_or_changes_in_it_is_told_as_that(
    store: Store, wallet: Wallet, database_file: Path
) -> None:
    """The log has an old row and a new one of both; nothing has been removed."""
    wallet.record("BTC", 1)
    heard: list[Change] = []
    changes = store.follow()
    for table in ("balance_history", "series_coverage"):
        changes.on(table, heard.append, operations=("insert", "update", "delete"))
    stranger = library().connect(database_file, isolation_level=None)
    stranger.execute(
        "INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, source, reason,"
        f" recorded_at_us) VALUES ('{wallet.id}', 'binance', 'X', '1', '1', '0', '1', 'hand', 'hand', 1)"
    )
    stranger.execute("UPDATE balance_history SET reason = 'mended' WHERE asset = 'BTC'")
    stranger.execute("INSERT INTO series_coverage VALUES ('binance', 'BTC/USDT', '1m', 0, 60000, 1)")
    stranger.execute('UPDATE series_coverage SET "end" = 120000')
    changes.poll()
    stranger.execute("DELETE FROM series_coverage")
    stranger.execute("DELETE FROM balance_history WHERE asset = 'X'")
    stranger.close()
    changes.poll()
    assert [(change.table, change.operation) for change in heard] == [
        ("balance_history", "insert"),
        ("balance_history", "update"),
        ("series_coverage", "insert"),
        ("series_coverage", "update"),
        ("series_coverage", "delete"),
        ("balance_history", "delete"),
    ]
    assert heard[1].row["reason"] == "mended"
    assert heard[3].row["end"] == 120_000


def test_a_callback_that_raises_stops_no_other(store: Store, wallet: Wallet, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(_: Change) -> None:
        raise ZeroDivisionError("mine")

    heard: list[Change] = []
    changes = store.follow()
    changes.on("balance_history", breaks)
    changes.on("balance_history", heard.append)
    wallet.record_many([("USDT", 1), ("USDT", 2)])
    assert changes.poll() == 2
    assert totals(heard) == [D(1), D(2)]
    assert caplog.text.count("ZeroDivisionError: mine") == 2
    assert changes.poll() == 0


def test_a_callback_may_ask_for_one_books_rows_and_for_some_operations(store: Store, wallet: Wallet) -> None:
    other = store.wallet("other", exchange="kraken")
    mine, all_of_them, removed = list[Change](), list[Change](), list[Change]()
    changes = store.follow()
    changes.on("balance_history", mine.append, strategy_id="account")
    changes.on("balance_history", all_of_them.append)
    changes.on("balance_history", removed.append, operations=["delete"])
    wallet.record("USDT", 1)
    other.record("USDT", 2)
    changes.poll()
    assert (totals(mine), totals(all_of_them), removed) == ([D(1)], [D(1), D(2)], [])


def test_what_is_not_told_can_not_be_followed(store: Store) -> None:
    changes = store.follow()
    with pytest.raises(ConfigError, match=r"nothing is told of 'ohlcv_data': changes can be followed of .*balance_his"):
        changes.on("ohlcv_data", print)
    with pytest.raises(ConfigError, match="the rows of exchange_status belong to no strategy"):
        changes.on("exchange_status", print, strategy_id="mine")


def test_whoever_keeps_the_bookmark_goes_on_where_he_was(store: Store, wallet: Wallet) -> None:
    kept = store.follow().bookmark
    for number in range(5):
        wallet.record("USDT", number)
    heard: list[Change] = []
    changes = store.follow(Bookmark(kept.stamp_us, kept.change_id, kept.timeline))
    changes.on("balance_history", heard.append)
    changes.poll()
    assert totals(heard) == [D(number) for number in range(5)]
    assert store.follow(changes.bookmark).poll() == 0


def test_the_bookmark_in_a_callback_is_that_before_its_transaction(store: Store, wallet: Wallet) -> None:
    seen: list[tuple[int, int]] = []
    changes = store.follow()
    changes.on("balance_history", lambda change: seen.append((changes.bookmark.stamp_us, change.stamp_us)))
    wallet.record("USDT", 1)
    wallet.record_many([("USDT", 2), ("BTC", 3)])
    changes.poll()
    (_, first), (before, second), (also_before, also_second) = seen
    assert before == also_before == first < second == also_second


def test_whoever_was_killed_between_two_transactions_hears_each_once(store: Store, book: Book) -> None:
    heard: list[Change] = []

    def hear(change: Change) -> None:
        if len(heard) == 4:
            raise KeyboardInterrupt
        heard.append(change)

    changes = store.follow()
    changes.on("positions", hear)
    for price in range(100, 108):
        book.trade("buy", 1, price)
    with pytest.raises(KeyboardInterrupt):
        changes.poll()
    again = store.follow(changes.bookmark)
    again.on("positions", heard.append)
    assert again.poll() == 4
    assert [change.row["amount"] for change in heard] == [D(number) for number in range(1, 9)]


def test_a_database_that_was_restored_is_another_one(store: Store, wallet: Wallet, tmp_path: Path) -> None:
    store.backups.take()
    wallet.record("USDT", 1)
    kept = store.follow().bookmark
    store.backups.restore(tmp_path / "then.db")
    with Store.open(tmp_path / "then.db") as then:
        changes = then.follow(kept)
        heard: list[Change] = []
        changes.on("balance_history", heard.append)
        with pytest.raises(RepairError, match="it was restored since"):
            changes.poll()
        then.wallet("account").record("USDT", 2)
        assert changes.poll() == 1
        assert totals(heard) == [D(2)]


def test_a_pruned_log_is_told_and_not_passed_over(store: Store, book: Book, database: Database) -> None:
    changes = store.follow()
    changes.on("positions", print)
    for price in range(100, 105):
        book.trade("buy", 1, price)
    with database.write() as connection:
        prune_changes(connection, 2**60)
    book.trade("buy", 1, 105)
    with pytest.raises(RepairError, match="were pruned from the log before they were told: read anew"):
        changes.poll()
    assert changes.poll() == 0
    book.trade("buy", 1, 106)
    assert changes.poll() == 1


def test_a_thread_may_follow_until_it_is_told_to_stop(store: Store, wallet: Wallet) -> None:
    stop, heard = Event(), list[Change]()

    def hear(change: Change) -> None:
        heard.append(change)
        if change.row["total"] == 9:
            stop.set()

    changes = store.follow()
    changes.on("balance_history", hear)
    thread = Thread(target=changes.run, args=(stop, 0.01))
    thread.start()
    for number in range(10):
        wallet.record("USDT", number)
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert totals(heard) == [D(number) for number in range(10)]


_ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(1, 5)),
        st.tuples(st.just("trade"), st.integers(1, 3)),
        st.tuples(st.just("poll"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=_ACTIONS)
def test_pieces_of_any_size_tell_everything_once(
    store: Store, book: Book, wallet: Wallet, database: Database, monkeypatch: pytest.MonkeyPatch, actions: Any
) -> None:
    monkeypatch.setattr(follow, "_PIECE", 3)
    heard: list[Change] = []
    changes = store.follow()
    for table in ("balance_history", "trades", "positions"):
        changes.on(table, heard.append)
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT max(balance_id) FROM balance_history").scalar_one() or 0
    traded = 0
    for what, count in [*actions, ("poll", 0)]:
        if what == "record":
            wallet.record_many([("USDT", number) for number in range(count)])
        elif what == "trade":
            traded += count
            for _ in range(count):
                book.trade("buy", 1, 100)
        else:
            changes.poll()
    with database.read() as connection:
        query = f"SELECT balance_id FROM balance_history WHERE balance_id > {before} ORDER BY 1"
        written = list(connection.exec_driver_sql(query).scalars())
    assert [change.row["balance_id"] for change in heard if change.table == "balance_history"] == written
    assert [len([each for each in heard if each.table == name]) for name in ("trades", "positions")] == [traded] * 2
    assert [change.stamp_us for change in heard] == sorted(change.stamp_us for change in heard)
