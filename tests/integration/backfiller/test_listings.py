"""What stops a series or an exchange stops no other, is told, and ends when it is over."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from backfiller.collect import fill
from backfiller.connect import connect
from backfiller.guard import Guard
from backfiller.listings import watch_listings
from backfiller.outbox import Outbox
from backfiller.plan import Wanted
from backfiller.progress import Progress
from backfiller.source import Source, make_source
from backfiller.store import Store
from shared.candles import read_exchange
from shared.candles.exchanges import stop_exchange
from shared.clock import now_us
from shared.config import load_settings
from shared.database import open_database
from shared.exchange import Answer, fetch_page, open_client
from shared.market import Series
from tests.integration.backfiller.rig import Place, Simulate

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("binance", "ETH/USDT", "1m")
Use = Callable[[Source, Guard, list[Wanted]], Awaitable[None]]


def connected(place: Place, use: Use) -> Guard:
    """Connect to the exchange of a place as the service does, and use that; returns the guard as it stands then."""

    async def run() -> Guard:
        with opened(place) as (settings, database):
            store, exchange = Store(database, 5.0), settings.exchanges["binance"]
            client, outbox = open_client("binance", exchange), Outbox(store, Progress())
            source = make_source(client, store, outbox, Progress(), exchange, settings.backfill, 4, {})
            stop = asyncio.get_running_loop().create_future()
            guard = Guard(store, frozenset({BTC, ETH}), source.stopped, stop)
            try:
                await use(source, guard, await connect(source, guard, settings.all_series(), 0.1))
            finally:
                await client.close()
            return guard

    return asyncio.run(run())


@contextmanager
def opened(place: Place) -> Iterator[Any]:
    settings = load_settings(place.environ)
    database = open_database(settings.database_url(), "normal", busy_timeout_ms=0, readers=1)
    try:
        yield settings, database
    finally:
        database.close()


def collect(source: Source, guard: Guard, each: Wanted) -> Awaitable[None]:
    return guard.run([each.series], partial(fill, source, each))


def test_a_market_that_is_delisted_is_reported_with_near_names_and_goes_on_when_it_is_back(
    simulate: Simulate, place: Place
) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.1}, {"symbol": "ETH/USDT", "days": 0.1})

    async def use(source: Source, guard: Guard, wanted: list[Wanted]) -> None:
        exchange.ask("/control/delist", {"symbol": "BTC/USDT"})
        await watch_listings(source, guard, wanted)
        gone = place.status(BTC)
        assert gone.status == "stopped"
        assert "lists no BTC/USDT (any more); renamed? near: " in gone.reason
        assert "BNB/USDT" in gone.reason
        for each in wanted:
            await collect(source, guard, each)
        assert (place.rows(BTC), len(place.covered(ETH))) == ([], 1)
        exchange.ask("/control/relist", {"symbol": "BTC/USDT"})
        await watch_listings(source, guard, wanted)
        await collect(source, guard, wanted[0])

    guard = connected(place, use)
    assert guard.stopped == {}
    assert place.status(BTC).status == "collecting"
    (known,) = place.covered(BTC)
    assert place.rows(BTC) == exchange.truth(BTC, known)


def test_an_empty_list_of_markets_delists_none(
    simulate: Simulate, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.configure(simulate("--days", "1"), {"days": 0.1}, {"symbol": "ETH/USDT", "days": 0.1})

    async def use(source: Source, guard: Guard, wanted: list[Wanted]) -> None:
        ask, empty = source.client.ask, [True]

        async def mistaken(what: str, *arguments: Any) -> Any:
            if what == "its markets" and empty:
                source.client.ccxt.markets = {}  # as ccxt does with an empty list
                empty.clear()
                return {}
            return await ask(what, *arguments)

        monkeypatch.setattr(source.client, "ask", mistaken)
        await watch_listings(source, guard, wanted)
        assert not empty

    assert connected(place, use).stopped == {}


def test_a_series_of_which_nothing_gets_known_twice_stops_and_the_others_go_on(
    simulate: Simulate, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"days": 0.1}, {"symbol": "ETH/USDT", "days": 0.1})
    whole = ETH.floor(exchange.now())
    exchange.ask("/control/outage", {"symbol": "BTC/USDT", "start": whole - 86_400_000, "end": whole + 86_400_000})

    async def stale(*question: Any) -> Answer:  # as if this host's clock went back between the plan and the answer
        rows, asked_at = await fetch_page(*question)
        return Answer(rows, asked_at - 86_400_000)

    async def use(source: Source, guard: Guard, wanted: list[Wanted]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("backfiller.ask.fetch_page", stale)
            await collect(source, guard, wanted[0])
        await collect(source, guard, wanted[1])

    guard = connected(place, use)
    assert set(guard.stopped) == {BTC}
    assert "asked twice for" in guard.stopped[BTC]
    assert place.status(BTC).status == "stopped"
    (known,) = place.covered(ETH)
    assert place.rows(ETH) == exchange.truth(ETH, known)
    assert not guard.stop.done()


def test_an_exchange_that_was_stopped_goes_on_once_it_lets_us_in_again(simulate: Simulate, place: Place) -> None:
    place.configure(simulate("--days", "1"), {"days": 0.1}, {"symbol": "ETH/USDT", "days": 0.1})
    with place.database.write() as connection:
        stop_exchange(connection, "binance", "the key is wrong", now_us())

    async def use(_source: Source, _guard: Guard, _wanted: list[Wanted]) -> None:
        with place.database.read() as connection:
            known = read_exchange(connection, "binance")
        assert known is not None
        assert (known.status, known.reason) == ("collecting", "")

    connected(place, use)
