"""Pages of candles made wrong on request, in every dialect; delisting; another program's use of the limit."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import ccxt
import pytest

MINUTE = 60_000
SYMBOLS = {"binance": "BTC/USDT", "kraken": "BTC/USD", "coinbase": "BTC/USD"}
Page = Callable[[Any], list[list[Any]]]


def binance(simulator: Any) -> list[list[Any]]:
    rows = simulator.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=100")
    return [[row[0], *row[1:6]] for row in rows]


def kraken(simulator: Any) -> list[list[Any]]:
    result = simulator.get("/0/public/OHLC?pair=XBTUSD")["result"]
    (pair,) = result.keys() - {"last"}
    return [[row[0], *row[1:5], row[6]] for row in result[pair]]


def coinbase(simulator: Any) -> list[list[Any]]:
    now = int(simulator.get("/v2/time")["data"]["epoch"]) // 60 * 60
    place = f"/api/v3/brokerage/market/products/BTC-USD/candles?start={now - 6000}&end={now}&granularity=ONE_MINUTE"
    candles = simulator.get(place)["candles"]
    return [[c["start"], c["open"], c["high"], c["low"], c["close"], c["volume"]] for c in reversed(candles)]


@pytest.fixture(scope="module", params=[binance, kraken, coinbase], ids=lambda page: str(page.__name__))
def speaking(request: pytest.FixtureRequest, start: Callable[..., Any]) -> tuple[Any, Page]:
    return start("--dialect", request.param.__name__, "--weight-limit", "0"), request.param


def times(rows: list[list[Any]]) -> list[int]:
    scale = 1 if float(rows[0][0]) > 1e11 else 1000
    return [int(row[0]) * scale for row in rows]


@pytest.fixture
def spoilt(speaking: tuple[Any, Page]) -> Callable[[str], tuple[list[list[Any]], list[list[Any]]]]:
    simulator, page = speaking

    def pages(kind: str) -> tuple[list[list[Any]], list[list[Any]]]:
        simulator.fault(kind=kind, count=1)
        bad = page(simulator)
        assert simulator.get("/control/log")[-1]["fault"] == kind
        return bad, page(simulator)

    return pages


def test_a_page_beside_the_grid(spoilt: Any) -> None:
    bad, good = spoilt("off_grid")
    assert all(time % MINUTE for time in times(bad))
    assert not any(time % MINUTE for time in times(good))


def test_a_page_out_of_order(spoilt: Any) -> None:
    bad, good = spoilt("unordered")
    assert times(bad) != sorted(times(bad))
    assert times(good) == sorted(times(good))


def test_a_page_with_bad_rows(spoilt: Any) -> None:
    bad, good = spoilt("bad_rows")
    assert 0 < sum(row not in good for row in bad[:-1]) < len(bad)


def test_a_page_of_another_market(spoilt: Any) -> None:
    bad, good = spoilt("wrong_symbol")
    assert min(len(bad), len(good)) > 90  # a minute may have begun between the two
    assert all(float(row[1]) < 20_000 for row in bad)
    assert all(float(row[1]) > 20_000 for row in good)


def test_the_log_can_be_read_in_pieces(speaking: tuple[Any, Page]) -> None:
    simulator, page = speaking
    page(simulator)
    whole, pieces = simulator.get("/control/log"), list[Any]()
    while piece := simulator.get(f"/control/log?since={len(pieces)}&limit=3"):
        pieces += piece
    assert pieces == whole
    assert {"n", "at_ms", "path", "query", "status", "fault", "refused"} <= whole[0].keys()


def test_the_truth_is_asked_for_in_either_spelling(speaking: tuple[Any, Page]) -> None:
    simulator, page = speaking
    symbol = SYMBOLS[page.__name__]
    spelt = [symbol, symbol.replace("/", ""), symbol.replace("/", "-")]
    shown = times(page(simulator))
    start, end = shown[0], shown[5]
    asked = [simulator.get(f"/control/truth?symbol={name}&timeframe=1m&start={start}&end={end}") for name in spelt]
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) == 5


def test_a_delisted_symbol_vanishes(start: Callable[..., Any], connect: Callable[..., Any]) -> None:
    simulator = start("--weight-limit", "0")
    client = connect(simulator)
    client.load_markets()
    simulator.ask("POST", "/control/delist", {"symbol": "ETH/USDT"})
    with pytest.raises(ccxt.BadSymbol):
        client.fetch_ohlcv("ETH/USDT", "1m")
    assert "ETH/USDT" not in client.load_markets(True)
    assert simulator.get("/control/truth?symbol=ETH/USDT&timeframe=1d"), "the truth remains"


def test_a_delisted_symbol_falls_silent_and_the_others_go_on(start: Callable[..., Any]) -> None:
    simulator = start("--symbols", "BTC/USDT,ETH/USDT", "--weight-limit", "0")

    async def heard() -> list[str]:
        names = ["btcusdt@kline_1s", "ethusdt@kline_1s"]
        async with aiohttp.ClientSession() as session, session.ws_connect(simulator.url + "/ws") as socket:
            await socket.send_json({"method": "SUBSCRIBE", "params": names, "id": 1})
            while (await socket.receive_json(timeout=10)).get("s") != "ETHUSDT":
                pass
            await asyncio.to_thread(simulator.ask, "POST", "/control/delist", {"symbol": "ETHUSDT"})
            return [(await socket.receive_json(timeout=10))["s"] for _ in range(8)]

    assert asyncio.run(heard())[2:] == ["BTCUSDT"] * 6


def test_another_program_s_use_is_seen_in_the_headers_and_counts(
    start: Callable[..., Any], connect: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    simulator = start("--weight-limit", "1000")
    client = connect(simulator)

    def shown_after(used: int) -> int:
        simulator.ask("POST", "/control/usage", {"used": used})
        client.publicGetPing()
        return int(client.last_response_headers["X-MBX-USED-WEIGHT-1M"])

    def refused_after(used: int) -> bool:
        try:
            shown_after(used)
        except ccxt.DDoSProtection:
            return True
        return False

    assert eventually(lambda: shown_after(400) >= 401), "unless a new minute began in between"
    assert eventually(lambda: refused_after(2000))
