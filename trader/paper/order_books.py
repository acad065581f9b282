"""Asking exchanges for order books beside the trader's own work: a slow answer holds nobody up."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING

from shared.candles.exchanges import StoredGate
from shared.clock import boot_us
from shared.config import ExchangeSettings
from shared.database import Database
from shared.market import OrderBook
from shared.trading import Order

if TYPE_CHECKING:
    from shared.exchange import Client

#: A book that nobody fetched for so long is no news any more; an order that did not ask for so long was taken back.
_FRESH_US, _FORGOTTEN_US = 2_000_000, 60_000_000


class OrderBooks:
    """A thread with an event loop and a client for each exchange, begun with the first question: ccxt takes 80 MB."""

    def __init__(self, database: Database, exchanges: Mapping[str, ExchangeSettings]) -> None:
        """`database` holds the cool-down that all processes keep to; `exchanges` says how to reach each."""
        self._database = database
        self._exchanges = exchanges
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._clients: dict[str, asyncio.Task[Client]] = {}
        self._asked: dict[str, tuple[Future[tuple[OrderBook, int]], int]] = {}

    def answer(self, order: Order) -> OrderBook | None:
        """The book of the order's market, asked for when this is called first; None until it has come.

        Raises what the exchange answered if it did not give one; then the next call asks again.
        """
        if order.client_order_id not in self._asked:
            self._tidy()
            asking = asyncio.run_coroutine_threadsafe(self._ask(order.exchange, order.symbol), self._running())
            self._asked[order.client_order_id] = asking, boot_us()
            return None
        asked, _ = self._asked[order.client_order_id]
        if not asked.done():
            self._asked[order.client_order_id] = asked, boot_us()
            return None
        del self._asked[order.client_order_id]
        book, came_us = asked.result()
        return book if boot_us() - came_us <= _FRESH_US else None

    def forget(self, order: Order) -> None:
        """The order does not need its answer any more."""
        if order.client_order_id in self._asked:
            self._asked.pop(order.client_order_id)[0].cancel()

    def close(self) -> None:
        """Give all connections back and end the thread."""
        if self._loop and self._thread:
            asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    def _tidy(self) -> None:
        """Forget who does not ask any more: an order may be taken back without a word to its broker."""
        now = boot_us()
        for name in [name for name, (_, since_us) in self._asked.items() if now - since_us > _FORGOTTEN_US]:
            self._asked.pop(name)[0].cancel()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=self._loop.run_forever, name="order books", daemon=True)
            self._thread.start()
        return self._loop

    async def _ask(self, exchange: str, symbol: str) -> tuple[OrderBook, int]:
        from shared.exchange import Priority, asking, fetch_book  # noqa: PLC0415 - 80 MB that tickers do without

        client = await self._client(exchange)
        with asking(Priority.LIVE):
            return await fetch_book(client, symbol), boot_us()

    async def _client(self, exchange: str) -> "Client":
        """The client of an exchange, opened once; who comes meanwhile waits for the same one."""
        opening = self._clients.get(exchange)
        if opening is None or (opening.done() and (opening.cancelled() or opening.exception())):
            opening = self._clients[exchange] = asyncio.create_task(self._open(exchange))
        return await asyncio.shield(opening)

    async def _open(self, exchange: str) -> "Client":
        from shared.exchange import fetch_markets, open_client  # noqa: PLC0415

        client = open_client(exchange, self._exchanges[exchange], StoredGate(self._database, exchange))
        try:
            await fetch_markets(client)
        except BaseException:
            await client.close()
            raise
        return client

    async def _leave(self) -> None:
        """Let go of what is under way, then close what is open."""
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for opening in self._clients.values():
            if not opening.cancelled() and not opening.exception():
                await opening.result().close()
        self._clients.clear()
