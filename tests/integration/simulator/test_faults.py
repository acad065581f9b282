"""Each fault as an unmodified ccxt client meets it, and as the access log tells it."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import aiohttp
import ccxt
import pytest

PAIR = "BTC/USDT"


def last_entry(simulator: Any, path: str) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [e for e in simulator.get("/control/log") if e["path"] == path]
    return entries[-1]


def retry_after(simulator: Any) -> tuple[int, int]:
    """Status and Retry-After of a plain request that is refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{simulator.url}/api/v3/time")  # noqa: S310  loopback
    with refused.value as answer:
        return answer.code, int(answer.headers["Retry-After"])


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        ({"kind": "rate_limit", "seconds": 30}, ccxt.DDoSProtection, 429),
        ({"kind": "ban", "seconds": 30}, ccxt.DDoSProtection, 418),
        ({"kind": "server_error"}, ccxt.ExchangeNotAvailable, 503),
        ({"kind": "server_error", "status": 502}, ccxt.ExchangeNotAvailable, 502),
        ({"kind": "drop"}, ccxt.NetworkError, 0),
        ({"kind": "lost_reply"}, ccxt.NetworkError, 0),
    ],
)
def test_a_fault_is_the_right_error_for_the_client_and_stands_in_the_log(
    simulator: Any, client: Any, fault: dict[str, Any], error: type[Exception], status: int
) -> None:
    simulator.fault(**fault, paths="klines")
    with pytest.raises(error):
        client.fetch_ohlcv(PAIR, "1m")
    entry = last_entry(simulator, "/api/v3/klines")
    assert (entry["status"], entry["fault"]) == (status, fault["kind"])
    assert client.fetch_time()
    simulator.clear()
    assert client.fetch_ohlcv(PAIR, "1m")


@pytest.mark.parametrize("kind", ["truncated", "garbage"])
def test_an_answer_that_is_no_json_reaches_the_client_as_text(simulator: Any, client: Any, kind: str) -> None:
    simulator.fault(kind=kind, paths="klines")
    answer = client.public_get_klines({"symbol": "BTCUSDT", "interval": "1m"})
    assert isinstance(answer, str)
    assert answer.startswith("[[" if kind == "truncated" else "<html>")
    assert last_entry(simulator, "/api/v3/klines")["fault"] == kind


def test_a_slow_answer_is_a_timeout_when_the_client_waits_less(simulator: Any, connect: Any) -> None:
    simulator.fault(kind="latency", ms=1000, paths="time")
    with pytest.raises(ccxt.RequestTimeout):
        connect(simulator, timeout=200).fetch_time()
    assert connect(simulator).fetch_time()


def test_retry_after_says_how_long_is_left(simulator: Any) -> None:
    simulator.fault(kind="rate_limit", seconds=30)
    status, wait_s = retry_after(simulator)
    assert status == 429
    assert 29 <= wait_s <= 30


def test_a_ban_that_is_ignored_gets_longer(simulator: Any) -> None:
    simulator.fault(kind="ban", seconds=60)
    waits = [retry_after(simulator) for _ in range(4)]
    assert {status for status, _ in waits} == {418}
    assert [-(-wait_s // 60) for _, wait_s in waits] == [1, 1, 2, 3]


def test_an_order_whose_reply_is_lost_was_carried_out(simulator: Any, client: Any) -> None:
    simulator.fault(kind="lost_reply", paths="order", count=1)
    with pytest.raises(ccxt.NetworkError):
        client.create_order(PAIR, "market", "buy", 0.001, None, {"clientOrderId": "unknown"})
    assert client.fetch_order(None, PAIR, {"origClientOrderId": "unknown"})["status"] == "closed"


def test_an_order_whose_connection_is_dropped_was_not(simulator: Any, client: Any) -> None:
    simulator.fault(kind="drop", paths="order", count=1)
    with pytest.raises(ccxt.NetworkError):
        client.create_order(PAIR, "market", "buy", 0.001, None, {"clientOrderId": "dropped"})
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(None, PAIR, {"origClientOrderId": "dropped"})


def test_a_clock_that_is_off_shows_and_signed_requests_are_out_of_time(simulator: Any, client: Any) -> None:
    simulator.fault(kind="clock_offset", ms=60_000)
    assert client.fetch_time() - client.milliseconds() > 59_000
    with pytest.raises(ccxt.InvalidNonce):
        client.fetch_balance()
    client.load_time_difference()
    client.options["adjustForTimeDifference"] = True
    assert client.fetch_balance()


def test_a_late_candle_is_missing_until_it_is_published(simulator: Any, client: Any, eventually: Any) -> None:
    simulator.fault(kind="late_candles", ms=3_000)
    newest = client.fetch_ohlcv(PAIR, "1s", limit=1)[-1][0]
    assert client.milliseconds() - newest >= 3_000
    simulator.clear()
    assert client.fetch_ohlcv(PAIR, "1s", limit=1)[-1][0] > newest


def test_candles_that_are_revised_end_as_the_truth(simulator: Any, client: Any, eventually: Any) -> None:
    simulator.fault(kind="revised_candles", ms=2_000, share=1.0)
    closed = client.fetch_ohlcv(PAIR, "1s", limit=3)[-2]
    asked = f"/control/truth?symbol={PAIR}&timeframe=1s&start={closed[0]}&end={closed[0] + 1000}"
    [truth] = simulator.get(asked)
    assert closed[4] == closed[1] != truth[4]
    assert eventually(lambda: client.fetch_ohlcv(PAIR, "1s", closed[0], 1) == [truth])


def test_a_candle_revised_by_hand_is_served_anew(simulator: Any, client: Any) -> None:
    body = {"symbol": PAIR, "timeframe": "1m", "bars_ago": 5, "close": 1.01, "volume": 2}
    open_ms = (client.milliseconds() // 60_000 - 5) * 60_000
    [before] = client.fetch_ohlcv(PAIR, "1m", open_ms, 1)
    body |= {"timestamp": open_ms}
    del body["bars_ago"]
    assert simulator.ask("POST", "/control/revise", body) == {"timestamp": open_ms}
    [after] = client.fetch_ohlcv(PAIR, "1m", open_ms, 1)
    assert after[4] == pytest.approx(1.01 * before[4], abs=0.01)
    assert after[5] == pytest.approx(2 * before[5])


def test_what_a_fault_lacks_is_said(simulator: Any) -> None:
    answer = simulator.ask("POST", "/control/faults", {"kind": "earthquake"})
    assert "unknown fault 'earthquake'" in answer["msg"]
    assert "earthquake" not in simulator.get("/control/faults")["kinds"]


def test_the_access_log_reads_back_what_was_asked_since(simulator: Any, client: Any) -> None:
    known = simulator.get("/control/log")[-1]["n"]
    client.fetch_ohlcv(PAIR, "5m", limit=7)
    client.fetch_time()
    first, second = simulator.get(f"/control/log?since={known}")
    assert (first["method"], first["path"], first["status"], first["fault"]) == ("GET", "/api/v3/klines", 200, None)
    assert "interval=5m" in first["query"]
    assert "limit=7" in first["query"]
    assert second["path"] == "/api/v3/time"
    assert [first["n"], second["n"]] == [known + 1, known + 2]


def test_too_much_weight_is_429_and_going_on_is_418(start: Callable[..., Any]) -> None:
    limited = start("--weight-limit", "10")
    answers = [limited.get("/api/v3/time") for _ in range(11 + 20)]
    assert ["serverTime" in answer for answer in answers[:11]] == [True] * 10 + [False]
    assert retry_after(limited)[0] == 418
    assert last_entry(limited, "/api/v3/time")["status"] == 418


def test_a_fault_given_by_flag_is_there_from_the_start(start: Callable[..., Any], connect: Any) -> None:
    with pytest.raises(ccxt.ExchangeNotAvailable):
        connect(start("--fault", "kind=server_error,status=500")).fetch_time()


def test_it_stops_at_once_with_clients_connected_and_says_nothing_more(start: Callable[..., Any]) -> None:
    one = start()

    async def connected() -> float:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{one.url}/ws/btcusdt@kline_1s") as socket:
            await socket.receive(10)
            begun = time.monotonic()
            assert await asyncio.to_thread(one.stop) == 0
            return time.monotonic() - begun

    assert asyncio.run(connected()) < 5
    assert len(one.log.read_text().splitlines()) == 1


def test_a_wrong_option_ends_it_with_a_message(start: Callable[..., Any]) -> None:
    with pytest.raises(AssertionError, match="BASE/QUOTE"):
        start("--symbols", "BTCUSDT")
