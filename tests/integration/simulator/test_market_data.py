"""What an unmodified ccxt client sees of the markets."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import ccxt
import ccxt.async_support
import pytest

MINUTE = 60_000
DAY = 86_400_000


def test_the_markets_load_with_their_digits_and_limits(client: Any) -> None:
    assert list(client.markets) == ["BTC/USDT", "ETH/USDT", "SOL/USDT", "BNB/USDT"]
    bitcoin = client.market("BTC/USDT")
    assert bitcoin["precision"]["amount"] == 0.00001
    assert bitcoin["precision"]["price"] == 0.01
    assert bitcoin["limits"]["cost"]["min"] == 5
    assert bitcoin["active"]
    assert bitcoin["spot"]


def test_the_clock_is_the_host_s(client: Any) -> None:
    before = client.milliseconds()
    assert before <= client.fetch_time() <= client.milliseconds()


@pytest.mark.parametrize("timeframe", ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "4h", "1d"])
def test_the_newest_candle_is_the_forming_one(client: Any, timeframe: str) -> None:
    length = client.parse_timeframe(timeframe) * 1000
    candles = client.fetch_ohlcv("BTC/USDT", timeframe, limit=3)
    assert [candle[0] % length for candle in candles] == [0, 0, 0]
    assert candles[-1][0] + length > client.milliseconds() - 1000
    assert candles[-1][0] <= client.milliseconds()


def test_a_page_has_at_most_a_thousand_candles_and_five_hundred_unless_asked(client: Any) -> None:
    since = client.milliseconds() - 5 * DAY
    assert len(client.fetch_ohlcv("ETH/USDT", "1m", since, 1500)) == 1000
    assert len(client.public_get_klines({"symbol": "ETHUSDT", "interval": "1m"})) == 500


def test_pages_follow_each_other_without_a_gap_and_agree_with_the_truth(client: Any, simulator: Any) -> None:
    start = (client.milliseconds() // DAY - 3) * DAY
    candles: list[list[float]] = []
    while (
        len(page := client.fetch_ohlcv("SOL/USDT", "1m", candles[-1][0] + MINUTE if candles else start, 1000)) == 1000
    ):
        candles += page
    truth = simulator.get(f"/control/truth?symbol=SOL/USDT&timeframe=1m&start={start}&end={start + 3 * DAY}")
    assert candles[: len(truth)] == truth[: len(candles)]
    assert len(candles) >= 3000


def test_history_ends_where_the_past_begins(client: Any) -> None:
    first = client.fetch_ohlcv("BTC/USDT", "1m", 0, 1)
    assert first[0][0] == (client.milliseconds() // DAY - 30) * DAY


def test_a_since_inside_an_outage_jumps_to_its_end_and_a_bounded_page_is_empty(client: Any, simulator: Any) -> None:
    start = (client.milliseconds() // DAY - 10) * DAY
    body = {"symbol": "BNB/USDT", "start": start, "end": start + 2 * DAY}
    assert simulator.ask("POST", "/control/outage", body) == {"outages": [[start, start + 2 * DAY]]}
    assert client.fetch_ohlcv("BNB/USDT", "1m", start, 1)[0][0] == start + 2 * DAY
    assert client.fetch_ohlcv("BNB/USDT", "1m", start, 10, {"until": start + DAY}) == []
    assert simulator.get(f"/control/truth?symbol=BNBUSDT&timeframe=1h&start={start}&end={start + 2 * DAY}") == []


def test_the_tickers_stand_around_the_last_price(client: Any) -> None:
    ticker = client.fetch_ticker("BTC/USDT")
    assert ticker["bid"] < ticker["last"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert list(client.fetch_tickers()) == list(client.markets)
    assert list(client.fetch_tickers(["ETH/USDT", "SOL/USDT"])) == ["ETH/USDT", "SOL/USDT"]
    assert list(client.fetch_bids_asks()) == list(client.markets)


def test_the_order_book_begins_with_the_quote_and_goes_down_from_there(client: Any) -> None:
    book, quote = client.fetch_order_book("BTC/USDT", 20), client.fetch_bids_asks(["BTC/USDT"])["BTC/USDT"]
    bids, asks = ([price for price, _ in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 20
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert bids[0] < asks[0]
    assert (bids[0], asks[0]) == pytest.approx((quote["bid"], quote["ask"]), rel=0.01)
    assert all(amount > 0 for side in ("bids", "asks") for _, amount in book[side])
    assert len(client.fetch_order_book("BTC/USDT")["bids"]) == 100


def test_what_does_not_exist_is_refused_as_the_exchange_does(client: Any) -> None:
    for params in ({"symbol": "NOPE", "interval": "1m"}, {"symbol": "BTCUSDT", "interval": "7m"}, {"interval": "1m"}):
        with pytest.raises(ccxt.BadRequest):
            client.public_get_klines(params)


def test_the_asynchronous_client_gets_the_same(client: Any, simulator: Any, settings: Any, repoint: Any) -> None:
    start = (client.milliseconds() // DAY - 1) * DAY

    async def fetch() -> Any:
        other = repoint(ccxt.async_support.binance(settings), simulator.url)
        try:
            return await asyncio.gather(*(other.fetch_ohlcv(s, "1m", start, 500) for s in client.markets))
        finally:
            await other.close()

    assert asyncio.run(fetch()) == [client.fetch_ohlcv(symbol, "1m", start, 500) for symbol in client.markets]


def test_a_restart_with_the_same_seed_serves_the_same_history(start: Callable[..., Any]) -> None:
    since = int(time.time() * 1000) // DAY * DAY - DAY
    path = f"/api/v3/klines?symbol=BTCUSDT&interval=%s&startTime={since}&endTime={since + DAY // 2}&limit=300"
    pages = []
    for seed in ("5", "5", "6"):
        one = start("--seed", seed, "--symbols", "BTC/USDT")
        pages.append([one.get(path % timeframe) for timeframe in ("1s", "1m", "1h")])
        assert one.stop() == 0
    assert pages[0] == pages[1] != pages[2]
