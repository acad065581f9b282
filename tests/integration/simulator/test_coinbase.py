"""Coinbase, as an unmodified ccxt client sees it."""

import time
from collections.abc import Callable
from typing import Any

import ccxt
import ccxt.async_support
import pytest

MINUTE = 60_000
DAY = 86_400_000


@pytest.fixture(scope="module")
def shared(start: Callable[..., Any]) -> Any:
    return start(
        "--dialect", "coinbase", "--weight-limit", "0", "--thin", "ADA/USD=0.3", "--listed", "SOL/USD=2025-11-01"
    )


@pytest.fixture
def ask(simulator: Any, asking: Callable[..., Any]) -> Callable[..., Any]:
    return lambda question: asking(simulator, ccxt.async_support.coinbase, question)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def truth(simulator: Any, symbol: str, timeframe: str, start: int, end: int) -> Any:
    return simulator.get(f"/control/truth?symbol={symbol}&timeframe={timeframe}&start={start}&end={end}")


def test_the_markets_have_coinbase_s_names(ask: Callable[..., Any]) -> None:
    markets = ask(lambda client: client.load_markets())
    assert {name: market["id"] for name, market in markets.items()} == {
        "BTC/USD": "BTC-USD", "ETH/USD": "ETH-USD", "SOL/USD": "SOL-USD", "ADA/USD": "ADA-USD",
    }  # fmt: skip
    assert markets["BTC/USD"]["precision"]["price"] == 0.01
    assert markets["BTC/USD"]["spot"]
    assert markets["BTC/USD"]["active"]


def test_the_time_is_in_whole_seconds(ask: Callable[..., Any]) -> None:
    assert -1_500 < ask(lambda client: client.fetch_time()) - now_ms() <= 0


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h", "2h", "6h", "1d"])
def test_a_page_begins_at_since(simulator: Any, ask: Callable[..., Any], timeframe: str) -> None:
    length = ccxt.coinbase.parse_timeframe(timeframe) * 1000
    since = (now_ms() // length - 15) * length
    candles = ask(lambda client: client.fetch_ohlcv("BTC/USD", timeframe, since, 10))
    assert candles == truth(simulator, "BTC/USD", timeframe, since, since + 10 * length)
    assert len(candles) == 10


def test_a_whole_page_is_three_hundred_candles(simulator: Any, ask: Callable[..., Any]) -> None:
    since = (now_ms() // MINUTE - 3_000) * MINUTE
    candles = ask(lambda client: client.fetch_ohlcv("BTC/USD", "1m", since, 1000))
    assert candles == truth(simulator, "BTC/USD", "1m", since, since + 300 * MINUTE)


def test_candles_come_newest_first_and_none_outside_of_what_was_asked(simulator: Any) -> None:
    start = now_ms() // MINUTE * 60 - 6_000
    page = simulator.get(
        f"/api/v3/brokerage/market/products/BTC-USD/candles?start={start}&end={start + 600}&granularity=ONE_MINUTE"
    )
    assert [int(candle["start"]) for candle in page["candles"]] == list(range(start + 600, start - 1, -60))


def test_minutes_without_trades_are_absent(simulator: Any, ask: Callable[..., Any]) -> None:
    since = (now_ms() // MINUTE - 1_000) * MINUTE
    candles = ask(lambda client: client.fetch_ohlcv("ADA/USD", "1m", since))
    assert 40 < len(candles) < 160
    assert candles == truth(simulator, "ADA/USD", "1m", since, since + 301 * MINUTE)


def test_a_page_before_the_listing_is_empty(ask: Callable[..., Any]) -> None:
    listed = 1_761_955_200_000
    assert ask(lambda client: client.fetch_ohlcv("SOL/USD", "1h", listed - 20 * DAY)) == []
    first = ask(lambda client: client.fetch_ohlcv("SOL/USD", "1h", listed - 5 * DAY))
    assert first[0][0] == listed


def test_more_than_350_candles_are_refused(simulator: Any, ask: Callable[..., Any]) -> None:
    since = now_ms() - 3 * DAY
    with pytest.raises(ccxt.BadRequest):
        ask(lambda client: client.fetch_ohlcv("BTC/USD", "1m", since, 300, {"until": since + 400 * MINUTE}))
    assert simulator.get("/control/log")[-1]["status"] == 400


def test_tickers(ask: Callable[..., Any]) -> None:
    one = ask(lambda client: client.fetch_ticker("BTC/USD"))
    assert one["bid"] < one["last"] < one["ask"]
    assert abs(one["timestamp"] - now_ms()) < 90_000
    every = ask(lambda client: client.fetch_tickers(["BTC/USD", "ADA/USD"]))
    assert every["ADA/USD"]["last"] > 0
    assert set(every) == {"BTC/USD", "ADA/USD"}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "rate_limit"}, ccxt.RateLimitExceeded),
        ({"kind": "server_error"}, ccxt.ExchangeNotAvailable),
        ({"kind": "ban", "status": 429}, ccxt.RateLimitExceeded),
        ({"kind": "drop"}, ccxt.NetworkError),
    ],
)
def test_each_fault_comes_out_as_ccxt_s_own_error(
    simulator: Any, ask: Callable[..., Any], fault: dict[str, Any], expected: type[Exception]
) -> None:
    simulator.fault(paths="candles", **fault)
    with pytest.raises(expected):
        ask(lambda client: client.fetch_ohlcv("BTC/USD", "1m"))
    assert simulator.get("/control/log")[-1]["fault"] == fault["kind"]


def test_calls_over_the_limit_are_refused(start: Callable[..., Any]) -> None:
    one = start("--dialect", "coinbase", "--weight-limit", "6")
    answers = [one.get("/api/v3/brokerage/time").get("error") for _ in range(4)]
    assert answers[0] is None
    assert "rate_limit_exceeded" in answers[1:]
    assert 429 in [entry["status"] for entry in one.get("/control/log")]


def test_a_delisted_product_is_not_found(start: Callable[..., Any], asking: Callable[..., Any]) -> None:
    one = start("--dialect", "coinbase", "--weight-limit", "0")
    one.ask("POST", "/control/delist", {"symbol": "BTC-USD"})
    assert "BTC/USD" not in asking(one, ccxt.async_support.coinbase, lambda client: client.load_markets())
    assert one.get("/api/v3/brokerage/market/products/BTC-USD")["error"] == "NOT_FOUND"
