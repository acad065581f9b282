"""Balances that a script has seen, one or many; kept as they were told, beside the books."""

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import select

from shared import ledger
from shared.clock import now_us
from shared.database import Database
from shared.errors import ConfigError
from shared.models import balance_history
from shared.store import Seen, Store, Wallet
from shared.store.wallet import PIECE
from shared.trading import Balance


@pytest.fixture
def store(database: Database, database_file: Path) -> Iterator[Store]:
    with Store.open(database_file) as opened:
        yield opened


@pytest.fixture
def wallet(store: Store) -> Wallet:
    return store.wallet("account", exchange="binance")


def rows(database: Database) -> list[tuple[object, ...]]:
    table = balance_history.c
    columns = (table.asset, table.total, table.free, table.held, table.change, table.change_percent, table.reason)
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(table.balance_id))]


def test_a_balance_is_kept_with_what_changed_since_the_last_one(wallet: Wallet, database: Database) -> None:
    wallet.record("USDT", "1000.50", held="20")
    wallet.record("BTC", "0.5")
    wallet.record("USDT", 900, reason="withdrawal")
    assert rows(database) == [
        ("USDT", D("1000.5"), D("980.5"), D(20), D("1000.5"), None, "recorded"),
        ("BTC", D("0.5"), D("0.5"), D(0), D("0.5"), None, "recorded"),
        ("USDT", D(900), D(900), D(0), D("-100.5"), D("-10.0449775112"), "recorded: withdrawal"),
    ]
    assert wallet.latest("USDT") == Balance(D(900), D(0))
    assert wallet.balances() == {"BTC": Balance(D("0.5")), "USDT": Balance(D(900))}


def test_the_latest_balance_of_nothing_is_nothing(store: Store, wallet: Wallet) -> None:
    assert wallet.latest("XRP") == Balance(D(0), D(0))
    wallet.record("XRP", "-1.25")  # owed
    assert store.latest_balance("account", "XRP").total == D("-1.25")


def test_many_are_kept_in_their_order(wallet: Wallet, database: Database) -> None:
    at = now_us()
    told = [("USDT", 100), Seen("USDT", "99.5", at_us=at), ("BTC", 1, "0.25"), ("USDT", 101)]
    assert wallet.record_many(told) == 4
    assert [(asset, total, change) for asset, total, _, _, change, *_ in rows(database)] == [
        ("USDT", D(100), D(100)),
        ("USDT", D("99.5"), D("-0.5")),
        ("BTC", D(1), D(1)),
        ("USDT", D(101), D("1.5")),
    ]
    assert wallet.record_many([]) == 0


def test_more_than_a_transaction_holds_are_kept_to_the_last(wallet: Wallet, database: Database) -> None:
    assert wallet.record_many(("USDT", number) for number in range(2 * PIECE + 1)) == 2 * PIECE + 1
    found = rows(database)
    assert [total for _, total, *_ in found] == [D(number) for number in range(2 * PIECE + 1)]
    assert {change for *_, change, _, _ in found[1:]} == {D(1)}


def test_one_wrong_row_keeps_all_of_them_out(wallet: Wallet, database: Database) -> None:
    good = [("USDT", number) for number in range(PIECE + 1)]
    with pytest.raises(TypeError, match=r"total of BTC is the float 0\.5, which is not exact"):
        wallet.record_many([*good, ("BTC", 0.5)])
    with pytest.raises(ValueError, match="held of BTC is -1: it can't be below 0"):
        wallet.record_many([*good, ("BTC", 1, -1)])
    with pytest.raises(ValueError, match="asset is empty"):
        wallet.record_many([*good, ("", 1)])
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        wallet.record_many([*good, ("BTC",)])
    assert rows(database) == []


def test_a_wallet_is_no_part_of_books_portfolio_or_ledger(store: Store, wallet: Wallet, database: Database) -> None:
    wallet.record("USDT", 5000, reason="deposit")
    book = store.book("mine", exchange="binance", symbol="BTC/USDT", cash=10)
    assert [totals.cash for totals in store.summary().values()] == [D(10)]
    assert [each.strategy_id for each in store.overview().strategies] == ["mine"]
    assert len(store.portfolio().accounts) == 1
    with database.read() as connection:
        assert ledger.verify(connection) == []
        assert [each.strategy_id for each in ledger.held(connection)] == ["mine"]
    assert book.balance().total == D(10)


def test_a_wallet_is_no_book_and_a_book_no_wallet(store: Store, wallet: Wallet) -> None:
    assert store.wallet("account").id == wallet.id
    store.book("mine", exchange="binance", symbol="BTC/USDT")
    with pytest.raises(ConfigError, match="account is a wallet at binance, no book"):
        store.book("account")
    with pytest.raises(ConfigError, match="account is a wallet at binance, not paper binance BTC/USDT"):
        store.book("account", exchange="binance", symbol="BTC/USDT")
    with pytest.raises(ConfigError, match="mine is paper binance BTC/USDT, no wallet"):
        store.wallet("mine")
    with pytest.raises(ConfigError, match="mine is paper binance BTC/USDT, not a wallet at binance"):
        store.wallet("mine", exchange="binance")
    with pytest.raises(ConfigError, match="account is a wallet at binance, not a wallet at kraken"):
        store.wallet("account", exchange="kraken")
