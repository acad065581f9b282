"""What an exchange shows of its own accord, through the unmodified ccxt."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

import pytest

from shared.errors import RetryError
from shared.exchange import Client, Shown, can_stream, watch_candles, watch_tickers
from shared.market import Series, Ticker
from tests.integration.shared.exchange.there import Simulate, using

SYMBOLS = {"binance": ("BTC/USDT", "ETH/USDT"), "kraken": ("BTC/USD", "ETH/USD")}
TIMEFRAMES = {"binance": ("1s", "1m"), "kraken": ("1m", "5m")}


async def shown(client: Client, series: list[Series]) -> dict[Series, Shown]:
    """The first message of each series."""
    found = dict[Series, Shown]()
    async with asyncio.timeout(60), aclosing(watch_candles(client, series)) as messages:
        async for message in messages:
            found.setdefault(message.series, message)
            if len(found) == len(series):
                break
    return found


@pytest.mark.parametrize("name", ["binance", "kraken"])
def test_candles_of_several_symbols_and_timeframes_at_once(simulate: Simulate, name: str) -> None:
    series = [Series(name, symbol, timeframe) for symbol in SYMBOLS[name] for timeframe in TIMEFRAMES[name]]

    async def watch(client: Client) -> tuple[dict[Series, Shown], int, int]:
        assert can_stream(client)
        found = await shown(client, series)
        again = await shown(client, series)
        return found, client.now(), again[series[0]].connection - found[series[0]].connection

    found, now, reconnected = using(simulate("--dialect", name), watch, name, streaming=True)
    assert reconnected == 1
    for one, message in found.items():
        times = [row[0] for row in message.rows]  # type: ignore[index]
        assert times == sorted(times)
        assert all(time % one.step == 0 for time in times)
        assert now - one.step * 2 - 60_000 < times[-1] <= now


@pytest.mark.parametrize("name", ["binance", "kraken"])
def test_tickers_have_bid_ask_and_last(simulate: Simulate, name: str) -> None:
    async def watch(client: Client) -> list[Ticker]:
        found = dict[str, Ticker]()
        async with asyncio.timeout(60), aclosing(watch_tickers(client, SYMBOLS[name])) as tickers:
            async for ticker in tickers:
                found[ticker.symbol] = ticker
                if len(found) == 2:
                    break
        return list(found.values())

    for ticker in using(simulate("--dialect", name), watch, name, streaming=True):
        assert ticker.bid < ticker.last < ticker.ask


def test_a_lost_connection_ends_the_stream_and_another_can_be_opened(simulate: Simulate) -> None:
    exchange, series = simulate(), [Series("binance", "BTC/USDT", "1s")]

    async def until_lost(client: Client, connections: list[int]) -> None:
        async with asyncio.timeout(60):
            async for message in watch_candles(client, series):
                connections.append(message.connection)
                if len(connections) == 2:
                    exchange.fault(kind="websocket_close")

    async def watch(client: Client) -> tuple[int, int]:
        connections = list[int]()
        with pytest.raises(RetryError, match="its stream"):
            await until_lost(client, connections)
        return connections[0], (await shown(client, series))[series[0]].connection

    first, second = using(exchange, watch, streaming=True)
    assert second == first + 1


def test_every_candle_that_closes_on_one_connection_is_shown_to_its_end(simulate: Simulate) -> None:
    series = [Series("binance", "BTC/USDT", "1s")]

    async def watch(client: Client) -> list[int]:
        times = list[int]()
        async with asyncio.timeout(60), aclosing(watch_candles(client, series)) as messages:
            async for message in messages:
                times += [row[0] for row in message.rows if row[0] not in times]  # type: ignore[index]
                if len(times) == 6:
                    break
        return times

    times = using(simulate(), watch, streaming=True)
    assert [later - earlier for earlier, later in pairwise(times)] == [1_000] * 5


def test_the_gate_is_waited_for_before_a_connection_is_made(simulate: Simulate) -> None:
    async def watch(client: Client) -> bool:
        client.gate.shut(60, "banned")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shown_once(client), 0.3)
        return not client.ccxt.clients

    async def shown_once(client: Client) -> None:
        await shown(client, [Series("binance", "BTC/USDT", "1s")])

    assert using(simulate(), watch, streaming=True)
