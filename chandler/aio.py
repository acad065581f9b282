"""The store for callers that live in an asyncio loop: the same calls, awaited.

async with AsyncStore.open("data/trading.db") as store:
    book = await store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)
    await book.open("buy", "0.01", "64000", trade_id="first")

All of a store's work is done by one thread of its own, one call after the other, so that the loop never waits for a
disk. A call that is cancelled before its turn is not made; one that has begun goes on to its end, and is kept whole:
whoever cancels a trade tells it again, with the same `trade_id`, to be sure.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from shared.store import Book, Bookmark, Change, Exact, Follower, Store, Wallet
from shared.store.backups import Backups
from shared.trading import BrokerName

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class _Worker(Generic[T]):
    """What one thread does with one object."""

    def __init__(self, it: T, thread: ThreadPoolExecutor) -> None:
        self._it = it
        self._thread = thread

    async def __call__(self, work: Callable[[T], R]) -> R:
        """Have anything done with it in its thread: several reads in one turn, for example."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._it)


def _awaited(
    method: Callable[Concatenate[T, P], R],
) -> Callable[Concatenate[_Worker[T], P], Coroutine[Any, Any, R]]:
    """The same method, in the thread."""

    async def asked(self: _Worker[T], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self(lambda it: method(it, *args, **kwargs))

    asked.__doc__ = method.__doc__
    return asked


class AsyncBook(_Worker[Book]):
    """`Book`, awaited."""

    open = _awaited(Book.open)
    add = _awaited(Book.add)
    reduce = _awaited(Book.reduce)
    close = _awaited(Book.close)
    trade = _awaited(Book.trade)
    position = _awaited(Book.position)
    mark_to_market = _awaited(Book.mark_to_market)
    balance = _awaited(Book.balance)
    trades = _awaited(Book.trades)


class AsyncWallet(_Worker[Wallet]):
    """`Wallet`, awaited."""

    record = _awaited(Wallet.record)
    record_many = _awaited(Wallet.record_many)
    latest = _awaited(Wallet.latest)
    balances = _awaited(Wallet.balances)


class AsyncBackups(_Worker[Backups]):
    """`Backups`, awaited. A backup keeps the store's thread for as long as it takes."""

    take = _awaited(Backups.take)
    taken = _awaited(Backups.taken)
    verify = _awaited(Backups.verify)
    recoverable = _awaited(Backups.recoverable)
    restore = _awaited(Backups.restore)


class AsyncStore(_Worker[Store]):
    """`Store`, awaited; `await store(lambda it: ...)` for what is not listed here."""

    candles = _awaited(Store.candles)
    watermark = _awaited(Store.watermark)
    trades = _awaited(Store.trades)
    positions = _awaited(Store.positions)
    latest_balance = _awaited(Store.latest_balance)
    balances = _awaited(Store.balances)
    equity = _awaited(Store.equity)
    overview = _awaited(Store.overview)
    portfolio = _awaited(Store.portfolio)
    summary = _awaited(Store.summary)
    books = _awaited(Store.books)
    diagnose = _awaited(Store.diagnose)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, where: str | Path, archive: Path | None = None, cache: Path | None = None, backups: Path | None = None
    ) -> AsyncIterator["AsyncStore"]:
        """As `Store.open`; at the end of the block what has begun is waited for."""
        loop, opened = asyncio.get_running_loop(), Store.open(where, archive, cache, backups)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chandler-store")
        try:
            store = await loop.run_in_executor(thread, opened.__enter__)
            try:
                yield cls(store, thread)
            finally:
                await asyncio.shield(loop.run_in_executor(thread, partial(opened.__exit__, None, None, None)))
        finally:
            thread.shutdown(wait=False)

    @property
    def backups(self) -> AsyncBackups:
        """The backups of the store."""
        return AsyncBackups(self._it.backups, self._thread)

    async def book(
        self,
        book_id: str,
        *,
        exchange: str | None = None,
        symbol: str | None = None,
        cash: Exact | None = None,
        broker: BrokerName = "paper",
        timeframe: str = "1m",
    ) -> AsyncBook:
        """As `Store.book`."""
        market = {"exchange": exchange, "symbol": symbol}
        book = await self(lambda it: it.book(book_id, **market, cash=cash, broker=broker, timeframe=timeframe))
        return AsyncBook(book, self._thread)

    async def wallet(self, wallet_id: str, *, exchange: str | None = None) -> AsyncWallet:
        """As `Store.wallet`."""
        return AsyncWallet(await self(lambda it: it.wallet(wallet_id, exchange=exchange)), self._thread)

    async def changes(
        self, *tables: str, after: Bookmark | None = None, every_seconds: float = 0.25
    ) -> AsyncGenerator[Change, None]:
        """Every change of these tables, from the first `anext` on or after a bookmark, as `Store.follow` tells it.

        Ends when the caller leaves the loop. RepairError if some were pruned before they were told.
        """
        waiting: list[Change] = []
        follower = await self(lambda it: _following(it, tables, after, waiting))
        while True:
            await self(lambda _: follower.poll())
            told, waiting[:] = list(waiting), []
            for change in told:
                yield change
            await asyncio.sleep(every_seconds)


def _following(store: Store, tables: tuple[str, ...], after: Bookmark | None, waiting: list[Change]) -> Follower:
    follower = store.follow(after)
    for table in tables:
        follower.on(table, waiting.append, operations=("insert", "update", "delete"))
    return follower
