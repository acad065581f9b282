"""A script's books and wallets on PostgreSQL; callbacks it must do without, and is told so."""

import asyncio
from decimal import Decimal as D

import pytest

from chandler.aio import AsyncStore
from shared import ledger
from shared.database import Database
from shared.errors import ConfigError, StopError
from shared.store import Store


def test_books_and_wallets_are_kept_on_a_server_too(url: str, database: Database) -> None:
    with Store.open(url) as store:
        wallet = store.wallet("account", exchange="binance")
        wallet.record_many([("USDT", 100), ("USDT", "99.5", 2)])
        assert wallet.latest("USDT") == (D("99.5"), D(2))
        book = store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)
        for _ in range(2):
            book.open("buy", "0.123456789012345678", "100", trade_id="first")
        assert book.close(110).realized_pnl == D("1.23456789012345678")
        assert [totals.cash for totals in store.summary().values()] == [D("1001.23456789012345678")]
        assert store.diagnose().is_sound
    with database.read() as connection:
        assert ledger.verify(connection) == []


def test_callbacks_and_backups_say_that_they_are_for_sqlite(url: str) -> None:
    with Store.open(url) as store:
        with pytest.raises(StopError, match="keeps no log of changes: callbacks are for SQLite"):
            store.follow()
        with pytest.raises(ConfigError, match="is not an SQLite file"):
            store.backups.take()


def test_a_loop_may_use_it(url: str) -> None:
    async def main() -> D:
        async with AsyncStore.open(url) as store:
            wallet = await store.wallet("account", exchange="binance")
            await wallet.record("USDT", 7)
            return (await wallet.latest("USDT")).total

    assert asyncio.run(main()) == D(7)
