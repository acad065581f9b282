"""The store in an asyncio loop: the loop goes on, calls come in their turn, and what is cancelled is whole or not."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from decimal import Decimal as D
from pathlib import Path
from threading import Event, current_thread, get_ident

import pytest

from chandler.aio import AsyncStore
from shared import ledger
from shared.database import Database
from shared.errors import RepairError, StopError
from shared.store import Store

Work = Callable[[AsyncStore], Awaitable[None]]


def with_store(database_file: Path, work: Work) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), AsyncStore.open(database_file) as store:
            await work(store)

    asyncio.run(main())


def test_a_book_is_kept_from_a_loop(database: Database, database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        book = await store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)
        await book.open("buy", 1, 100, trade_id="first")
        assert (await book.position(mark=110)).unrealized_pnl == D(10)
        with pytest.raises(RepairError, match="a position is open already"):
            await book.open("buy", 1, 100)
        assert (await book.close(110)).realized_pnl == D(10)
        assert (await book.balance()).total == D(1010)
        assert [each.strategy_id for each in await store.books()] == ["mine"]
        assert (await store.diagnose()).is_sound

    with_store(database_file, work)


def test_all_of_a_stores_work_is_done_by_one_thread_that_is_not_the_loops(database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        threads = await asyncio.gather(*(store(lambda _: get_ident()) for _ in range(20)))
        assert len(set(threads)) == 1
        assert get_ident() not in threads

    with_store(database_file, work)


def test_the_loop_goes_on_while_a_call_takes_long(database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        gate = Event()
        long = asyncio.create_task(store(lambda _: gate.wait(30)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not long.done()
        gate.set()
        assert await long

    with_store(database_file, work)


def test_a_call_that_is_cancelled_before_its_turn_is_not_made(database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        wallet = await store.wallet("account", exchange="binance")
        gate = Event()
        long = asyncio.create_task(store(lambda _: gate.wait(30)))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(wallet.record("USDT", 1))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        gate.set()
        await long
        assert await wallet.balances() == {}

    with_store(database_file, work)


def test_a_call_that_is_cancelled_after_it_began_is_kept_whole(database: Database, database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        book = await store.book("mine", exchange="binance", symbol="BTC/USDT")
        begun, gate = Event(), Event()

        def trade(it: Store) -> None:
            begun.set()
            gate.wait(30)
            it.book("mine").open("buy", 1, 100, trade_id="first")

        task = asyncio.create_task(store(trade))
        await asyncio.to_thread(begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        held = await book.open("buy", 1, 100, trade_id="first")  # told again, to be sure
        assert held.amount == 1

    with_store(database_file, work)
    with database.read() as connection:
        assert ledger.verify(connection) == []


def test_changes_come_as_they_are_committed(database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        wallet = await store.wallet("account", exchange="binance")
        begin = (await store(lambda it: it.follow())).bookmark
        await wallet.record_many([("USDT", number) for number in range(3)])
        heard = []
        async with aclosing(store.changes("balance_history", after=begin, every_seconds=0.01)) as changes:
            async for change in changes:
                heard.append(change.row["total"])
                if len(heard) == 3:
                    await wallet.record("USDT", 3)
                if len(heard) == 4:
                    break
        assert heard == [D(0), D(1), D(2), D(3)]

    with_store(database_file, work)


def test_a_backup_is_taken_from_a_loop(database_file: Path) -> None:
    async def work(store: AsyncStore) -> None:
        taken = await store.backups.take()
        assert await store.backups.taken() == [taken]

    with_store(database_file, work)


def test_a_store_that_can_not_be_opened_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncStore.open(tmp_path / "nothing.db"):
            pass

    with pytest.raises(StopError, match="there is no database"):
        asyncio.run(main())
    assert "chandler-store" not in current_thread().name


def test_what_is_raised_in_the_block_comes_out_and_the_store_is_closed(database_file: Path) -> None:
    seen: list[AsyncStore] = []

    async def work(store: AsyncStore) -> None:
        seen.append(store)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with_store(database_file, work)

    async def after() -> None:
        with pytest.raises(RuntimeError, match="shutdown"):
            await seen[0].books()

    asyncio.run(after())
