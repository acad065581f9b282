"""Kraken's WebSocket v2: the channels `ohlc` and `ticker`. An update is sent only when something traded."""

import json
from typing import Any, Final

import numpy as np

from simulator.api.replies import compact
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.kraken import names, payloads
from simulator.kraken.public import INTERVALS, newest
from simulator.market.market import Market
from simulator.market.timeframe import MINUTE_MS, SECOND_MS, floor

HEARTBEAT: Final = '{"channel":"heartbeat"}'
Channel = tuple[str, str, int]  # (channel, symbol, interval in ms or 0)


class Listener:
    """One connection: what it is subscribed to, and what it is told of that."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._subscribed: dict[Channel, Market] = {}
        self._late_ms = 0

    def hello(self) -> list[str]:
        state = {"api_version": "v2", "connection_id": id(self), "system": "online", "version": "2.0.10"}
        return [compact({"channel": "status", "type": "update", "data": [state]})]

    def obey(self, text: str) -> list[str]:
        try:
            asked = json.loads(text)
            method, given, number = asked["method"], asked.get("params", {}), asked.get("req_id")
            named = {} if number is None else {"req_id": number}
            if method == "ping":
                return [compact({"method": "pong", **named, **_times()})]
            if method not in ("subscribe", "unsubscribe"):
                return [compact({"error": "Unsupported method", "method": method, "success": False, **named})]
            wanted = [str(symbol) for symbol in given["symbol"]]
            return [one for symbol in wanted for one in self._turn(method, given, symbol, named)]
        except (ValueError, TypeError, KeyError, AttributeError):
            return [compact({"error": "Malformed request", "success": False})]

    def due(self, since_ms: int, now_ms: int) -> list[str]:
        late_ms = self._exchange.publication().late_ms
        # What was held back before comes now, also when nothing is late any more.
        span = floor(since_ms - max(late_ms, self._late_ms), SECOND_MS), floor(now_ms - late_ms, SECOND_MS)
        self._late_ms = late_ms
        found = [one for channel, market in self._subscribed.items() for one in self._news(channel, market, span)]
        return found or [HEARTBEAT]

    def _turn(self, method: str, given: dict[str, Any], symbol: str, named: dict[str, Any]) -> list[str]:
        """Subscribe to one symbol of a channel, or leave it: an acknowledgement, and what stands now."""
        answer: dict[str, Any] = {"method": method, **named, "success": False, "symbol": symbol}
        try:
            channel, market = self._channel(given, symbol)
        except ApiError as error:
            return [compact({"error": error.message, **answer, **_times()})]
        result: dict[str, Any] = {"channel": channel[0], "symbol": symbol}
        result |= {"interval": channel[2] // MINUTE_MS} if channel[2] else {}
        if method == "unsubscribe":
            self._subscribed.pop(channel, None)
            return [compact({"method": method, **named, "result": result, "success": True, **_times()})]
        result["snapshot"] = given.get("snapshot", True)
        said = [compact({"method": method, **named, "result": result, "success": True, **_times()})]
        self._subscribed[channel] = market
        return [*said, self._snapshot(channel, market)] if result["snapshot"] else said

    def _channel(self, given: dict[str, Any], symbol: str) -> tuple[Channel, Market]:
        name, interval_ms = given.get("channel"), 0
        if name == "ohlc":
            interval_ms = INTERVALS.get(int(given.get("interval", 1)), 0)
            if not interval_ms:
                raise ApiError(-1120, "Ohlc interval not supported")
        elif name != "ticker":
            raise ApiError(-1100, f"Channel not supported {name}")
        for market in self._exchange.listed():
            if names.symbol(market.traded) == symbol:
                return (name, symbol, interval_ms), market
        raise ApiError(-1121, f"Currency pair not supported {symbol}")

    def _snapshot(self, channel: Channel, market: Market) -> str:
        now_ms = floor(self._exchange.now_ms(), SECOND_MS)
        if channel[0] == "ticker":
            return _message("ticker", "snapshot", [payloads.stream_ticker(market, now_ms)], now_ms)
        shown = newest(self._exchange, market, channel[2], now_ms)
        return _message("ohlc", "snapshot", payloads.candle(market, shown, channel[2]), now_ms)

    def _news(self, channel: Channel, market: Market, span: tuple[int, int]) -> list[str]:
        """An update for each candle in which something traded in the span, or for the ticker."""
        traded = market.fine(*span)
        if not len(traded) or market.traded.symbol in self._exchange.delisted:
            return []
        if channel[0] == "ticker":
            return [_message("ticker", "update", [payloads.stream_ticker(market, span[1])], span[1])]
        opens = np.unique(traded.timestamp // channel[2] * channel[2]).tolist()
        return [self._update(market, channel[2], open_ms, span[1]) for open_ms in opens]

    def _update(self, market: Market, timeframe_ms: int, open_ms: int, now_ms: int) -> str:
        if open_ms + timeframe_ms <= now_ms:
            candle = self._exchange.pages.truth(market, timeframe_ms, open_ms, open_ms + timeframe_ms)
        else:
            candle = market.running(open_ms, now_ms)
        return _message("ohlc", "update", payloads.candle(market, candle, timeframe_ms), now_ms)


def _message(channel: str, kind: str, data: list[dict[str, Any]], now_ms: int) -> str:
    return compact({"channel": channel, "type": kind, "timestamp": payloads.instant(now_ms * 10**6), "data": data})


def _times() -> dict[str, str]:
    now = payloads.instant(host_ms() * 10**6)[:-4] + "Z"
    return {"time_in": now, "time_out": now}
