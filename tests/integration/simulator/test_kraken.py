"""Kraken, as an unmodified ccxt client sees it."""

import time
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import ccxt
import ccxt.async_support
import pytest

MINUTE = 60_000
DAY = 86_400_000
LISTED = 1_761_955_200_000  # 2025-11-01


@pytest.fixture(scope="module")
def shared(start: Callable[..., Any]) -> Any:
    return start("--dialect", "kraken", "--weight-limit", "0", "--thin", "ADA/USD=0.3",
                 "--listed", "SOL/USD=2025-11-01", "--symbols", "BTC/USD,ADA/USD,SOL/USD,ETH/EUR")  # fmt: skip


@pytest.fixture
def ask(simulator: Any, asking: Callable[..., Any]) -> Callable[..., Any]:
    return lambda question: asking(simulator, ccxt.async_support.kraken, question)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def truth(simulator: Any, symbol: str, timeframe: str, start: int, end: int) -> Any:
    return simulator.get(f"/control/truth?symbol={symbol}&timeframe={timeframe}&start={start}&end={end}")


def test_the_markets_have_kraken_s_names(ask: Callable[..., Any]) -> None:
    markets = ask(lambda client: client.load_markets())
    assert {name: market["id"] for name, market in markets.items()} == {
        "BTC/USD": "XXBTZUSD", "ADA/USD": "ADAUSD", "SOL/USD": "SOLUSD", "ETH/EUR": "XETHZEUR",
    }  # fmt: skip
    assert markets["BTC/USD"]["precision"] == {"amount": 0.00001, "price": 0.01}
    assert markets["BTC/USD"]["active"]


def test_the_time_is_in_whole_seconds(ask: Callable[..., Any]) -> None:
    assert -1_500 < ask(lambda client: client.fetch_time()) - now_ms() <= 0


def test_only_the_last_720_candles_come_whatever_since_says(simulator: Any, ask: Callable[..., Any]) -> None:
    candles = ask(lambda client: client.fetch_ohlcv("BTC/USD", "1m", now_ms() - 20 * DAY))
    assert len(candles) == 720
    assert candles[-1][0] > now_ms() - MINUTE - 5_000
    assert candles[:-1] == truth(simulator, "BTC/USD", "1m", int(candles[0][0]), int(candles[-1][0]))


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h", "4h", "1d"])
def test_a_recent_since_is_where_the_page_begins(ask: Callable[..., Any], timeframe: str) -> None:
    length = ccxt.kraken.parse_timeframe(timeframe) * 1000
    since = (now_ms() // length - 5) * length
    candles = ask(lambda client: client.fetch_ohlcv("BTC/USD", timeframe, since))
    assert [candle[0] for candle in candles][:6] == [since + step * length for step in range(6)]


def test_a_thin_market_lacks_the_minutes_without_trades(simulator: Any, ask: Callable[..., Any]) -> None:
    candles = ask(lambda client: client.fetch_ohlcv("ADA/USD", "1m", now_ms() - 20 * DAY))
    assert len(candles) == 720
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(candles)]
    assert max(gaps) > 3 * MINUTE
    assert sum(gap > MINUTE for gap in gaps) > 300
    closed = candles[:-1]
    assert closed == truth(simulator, "ADA/USD", "1m", int(closed[0][0]), int(closed[-1][0]) + 1)


@pytest.mark.parametrize("symbol", ["BTC/USD", "ADA/USD"])
def test_the_trades_of_hours_make_the_candles_exactly(simulator: Any, ask: Callable[..., Any], symbol: str) -> None:
    start = (now_ms() // MINUTE - 400) * MINUTE
    end = start + 300 * MINUTE
    trades = ask(lambda client: every_trade(client, symbol, start, end))
    assert len({trade[6] for trade in trades}) == len(trades) > 500
    assert made_of(trades) == truth(simulator, symbol, "1m", start, end)


async def every_trade(client: Any, symbol: str, start: int, end: int) -> list[Any]:
    """Page by page by `last`, as Kraken gives it."""
    await client.load_markets()
    pair, since = client.market(symbol)["id"], str(start * 1_000_000 - 1)
    found: list[Any] = []
    while int(since) < end * 1_000_000:
        result = (await client.publicGetTrades({"pair": pair, "since": since, "count": 300}))["result"]
        assert result[pair], "it came to no end"
        since, found = result["last"], found + result[pair]
    return [trade for trade in found if float(trade[2]) * 1000 < end]


def made_of(trades: list[Any]) -> list[list[float]]:
    candles: dict[int, list[Decimal]] = {}
    for price, amount, seconds, *_ in trades:
        at = Decimal(price)
        candle = candles.setdefault(int(float(seconds) // 60) * MINUTE, [at, at, at, at, Decimal(0)])
        candle[1:] = [max(candle[1], at), min(candle[2], at), at, candle[4] + Decimal(amount)]
    return [[begin, *map(float, candle)] for begin, candle in candles.items()]


def test_ccxt_s_own_fetch_trades_works(ask: Callable[..., Any]) -> None:
    since = now_ms() - 3 * DAY
    trades = ask(lambda client: client.fetch_trades("BTC/USD", since, 50))
    assert since - 1000 <= trades[0]["timestamp"] < since + MINUTE
    assert trades[0]["price"] > 0
    assert trades[0]["side"] in ("buy", "sell")


def test_the_ticker_has_both_sides_of_the_book(ask: Callable[..., Any]) -> None:
    one = ask(lambda client: client.fetch_ticker("BTC/USD"))
    assert one["bid"] < one["last"] < one["ask"]
    every = ask(lambda client: client.fetch_tickers())
    assert set(every) == {"BTC/USD", "ADA/USD", "SOL/USD", "ETH/EUR"}


def test_nothing_is_before_the_listing(simulator: Any, ask: Callable[..., Any]) -> None:
    candles = truth(simulator, "SOL/USD", "1d", 0, LISTED + 10 * DAY)
    assert candles[0][0] == LISTED
    first = ask(lambda client: client.publicGetTrades({"pair": "SOLUSD", "since": "0", "count": 1}))
    assert 0 <= float(first["result"]["SOLUSD"][0][2]) * 1000 - LISTED < MINUTE


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "rate_limit"}, ccxt.DDoSProtection),
        ({"kind": "ban"}, ccxt.DDoSProtection),
        ({"kind": "server_error"}, ccxt.ExchangeNotAvailable),
        ({"kind": "server_error", "status": 502}, ccxt.ExchangeNotAvailable),
        ({"kind": "rate_limit", "status": 429}, ccxt.RateLimitExceeded),
        ({"kind": "drop"}, ccxt.NetworkError),
        ({"kind": "lost_reply"}, ccxt.NetworkError),
    ],
)
def test_each_fault_comes_out_as_ccxt_s_own_error(
    simulator: Any, ask: Callable[..., Any], fault: dict[str, Any], expected: type[Exception]
) -> None:
    simulator.fault(paths="OHLC", **fault)
    with pytest.raises(expected):
        ask(lambda client: client.fetch_ohlcv("BTC/USD", "1m"))
    entry = simulator.get("/control/log")[-1]
    assert entry["fault"] == fault["kind"]
    assert entry["path"] == "/0/public/OHLC"


def test_an_unknown_pair_is_an_error_inside_of_a_200(simulator: Any) -> None:
    assert simulator.get("/0/public/OHLC?pair=NOPE") == {"error": ["EQuery:Unknown asset pair"]}
    assert simulator.get("/0/public/OHLC?pair=XBTUSD&interval=7") == {"error": ["EGeneral:Invalid arguments"]}
    entries = simulator.get("/control/log")[-2:]
    assert [(entry["status"], bool(entry["refused"])) for entry in entries] == [(200, True), (200, True)]


def test_a_delisted_pair_is_unknown(start: Callable[..., Any], asking: Callable[..., Any]) -> None:
    one = start("--dialect", "kraken", "--weight-limit", "0")
    assert one.ask("POST", "/control/delist", {"symbol": "BTC/USD"}) == {"delisted": ["BTCUSD"]}
    assert "BTC/USD" not in asking(one, ccxt.async_support.kraken, lambda client: client.load_markets())
    assert one.get("/0/public/OHLC?pair=XBTUSD") == {"error": ["EQuery:Unknown asset pair"]}


def test_calls_faster_than_the_limit_are_refused_for_their_pair_only(start: Callable[..., Any]) -> None:
    one = start("--dialect", "kraken", "--weight-limit", "6")
    answers = [one.get("/0/public/OHLC?pair=XBTUSD")["error"] for _ in range(6)]
    assert answers[:3] == [[], [], []]
    assert ["EAPI:Rate limit exceeded"] in answers[3:]
    assert one.get("/0/public/OHLC?pair=ETHUSD")["error"] == []
    assert one.get("/control/log")[5]["fault"] is None
