"""How requests keep within an exchange's limits, and what happens when it wants none."""

import asyncio
import time

import pytest

from shared.candles.exchanges import StoredGate
from shared.config import ExchangeSettings
from shared.database import Database
from shared.exchange import Client, Priority, ThrottledError, asking, fetch_page, open_client
from shared.market import Interval, Series
from tests.integration.shared.exchange.there import Exchange, Simulate, using

BTC = Series("binance", "BTC/USDT", "1m")


async def page(client: Client, back: int = 1, series: Series = BTC) -> None:
    """One page of candles, so many pages back."""
    end = series.closed_end(client.now()) - back * 10 * series.step
    await fetch_page(client, series, Interval(end - 10 * series.step, end))


def test_no_request_leaves_during_a_ban_those_that_were_waiting_included(simulate: Simulate) -> None:
    exchange = simulate()

    async def many(client: Client) -> None:
        exchange.fault(kind="ban", paths="klines", seconds=2)
        results = await asyncio.gather(*(page(client, n) for n in range(60)), return_exceptions=True)
        assert any(isinstance(result, ThrottledError) for result in results)
        assert sum(result is None for result in results) >= 50

    using(exchange, many)
    asked = [entry for entry in exchange.log() if entry["path"].endswith("klines")]
    banned = next(entry for entry in asked if entry["status"] == 418)
    # What was on its way when the answer came can't be called back; from then on there is silence to the end.
    until = banned["at_ms"] + 2_000
    assert not [entry for entry in asked if banned["at_ms"] + 100 < entry["at_ms"] < until]
    assert all(entry["status"] == 200 for entry in asked if entry["at_ms"] >= until)


def test_a_cooldown_outlives_the_process_and_holds_for_every_other(simulate: Simulate, database: Database) -> None:
    exchange = simulate()

    async def throttled(client: Client) -> None:
        exchange.fault(kind="rate_limit", paths="klines", count=1)
        with pytest.raises(ThrottledError):
            await page(client)

    using(exchange, throttled, gate=StoredGate(database, "binance"))
    left = StoredGate(database, "binance").left()
    assert left > 0
    asked = len(exchange.log())
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(waiting(exchange, database), 0.3))
    assert len(exchange.log()) == asked
    assert StoredGate(database, "kraken").left() <= 0


async def waiting(exchange: Exchange, database: Database) -> None:
    """Another process' client, which knows nothing but the database."""
    settings = ExchangeSettings.model_validate({"url": exchange.url})
    client = open_client("binance", settings, StoredGate(database, "binance"))
    try:
        await client.ask("its time", "fetch_time")
    finally:
        await client.close()


def test_a_live_request_overtakes_history(simulate: Simulate) -> None:
    exchange = simulate("--weight-limit", "0")

    async def both(client: Client) -> None:
        history = [asyncio.create_task(page(client, n)) for n in range(1, 60)]
        await asyncio.wait(history[:3])
        with asking(Priority.LIVE):
            await page(client, 0)
        assert sum(task.done() for task in history) < 20
        await asyncio.gather(*history)

    using(exchange, both)


def test_what_others_on_the_address_use_slows_us_down(simulate: Simulate) -> None:
    exchange = simulate()

    async def slowed(client: Client) -> float:
        exchange.ask("/control/usage", {"used": 5_950})
        await page(client)  # its answer tells
        moment, left = time.monotonic(), 60 - client.now() / 1000 % 60
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(page(client, n) for n in range(10))), min(left - 1, 3))
        return time.monotonic() - moment

    async def at_a_good_moment(client: Client) -> float:
        if (second := client.now() / 1000 % 60) > 50:
            await asyncio.sleep(61 - second)
        return await slowed(client)

    assert using(exchange, at_a_good_moment) > 0
    refused = [entry for entry in exchange.log() if entry["status"] in (418, 429)]
    assert refused == []
