"""The events of the streams, as JSON texts made once a second and shared by all connections."""

import json
from typing import Any, Final

from simulator.api.replies import compact
from simulator.binance import tickers
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.market.candles import Candles
from simulator.market.market import Market
from simulator.market.timeframe import SECOND_MS, floor

TICKERS: Final = ("ticker", "miniTicker", "bookTicker")


class Events:
    """Stream names are `<symbol in lower case>@<what>`, as btcusdt@kline_1m or btcusdt@ticker."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._made: dict[tuple[str, int, int], list[str]] = {}
        self._late_ms: dict[str, int] = {}

    def check(self, names: list[str]) -> None:
        """Raises ApiError for a name that is no stream."""
        for name in names:
            self._exchange.market(self._parse(name)[0].traded.symbol)

    def between(self, name: str, since_ms: int, now_ms: int) -> list[str]:
        """What a stream sends at `now`: the candles that were published since `since_ms`, then the present state."""
        key = (name, since_ms // SECOND_MS, now_ms // SECOND_MS)
        if key not in self._made:
            if any(made[2] != key[2] for made in self._made):
                self._made.clear()
            self._made[key] = [compact(event) for event in self._events(name, since_ms, now_ms)]
        return self._made[key]

    def _events(self, name: str, since_ms: int, now_ms: int) -> list[dict[str, Any]]:
        market, what = self._parse(name)
        if market.traded.symbol in self._exchange.delisted:
            return []
        if what in TICKERS:
            return [_ticker(market, what, now_ms)]
        timeframe = what.removeprefix("kline_")
        timeframe_ms = self._exchange.timeframe_ms(market, timeframe)
        late_ms = self._exchange.publication().late_ms
        before_ms = self._late_ms.get(name, late_ms)  # what was held back then comes now, also when nothing is late now
        self._late_ms[name] = late_ms
        first_ms, last_ms = floor(since_ms - before_ms, timeframe_ms), floor(now_ms - late_ms, timeframe_ms)
        closed = self._exchange.pages.truth(market, timeframe_ms, first_ms, last_ms)
        events = [_kline(market, timeframe, timeframe_ms, closed[i : i + 1], now_ms) for i in range(len(closed))]
        if last_ms == floor(now_ms, timeframe_ms):
            forming = market.forming(timeframe_ms, now_ms)
            events += [_kline(market, timeframe, timeframe_ms, forming, now_ms)] if len(forming) else []
        return events

    def _parse(self, name: str) -> tuple[Market, str]:
        symbol, _, what = name.partition("@")
        market = self._exchange.markets.get(symbol.upper())
        if market is None:
            raise ApiError(-1121, "Invalid symbol.")
        if what not in TICKERS:
            self._exchange.timeframe_ms(market, what.removeprefix("kline_") if what.startswith("kline_") else "none")
        return market, what


def _kline(market: Market, timeframe: str, timeframe_ms: int, candle: Candles, now_ms: int) -> dict[str, Any]:
    row = json.loads(market.digits.rows(candle, timeframe_ms)[0])
    opened, o, h, low, c, volume, closes, quote, trades, taker, taker_quote, _ = row
    return {
        "e": "kline",
        "E": now_ms,
        "s": market.traded.symbol,
        "k": {
            "t": opened,
            "T": closes,
            "s": market.traded.symbol,
            "i": timeframe,
            "f": 0,
            "L": trades,
            "o": o,
            "c": c,
            "h": h,
            "l": low,
            "v": volume,
            "n": trades,
            "x": closes < now_ms,
            "q": quote,
            "V": taker,
            "Q": taker_quote,
            "B": "0",
        },
    }


def _ticker(market: Market, what: str, now_ms: int) -> dict[str, Any]:
    if what == "bookTicker":
        sides = tickers.book(market, now_ms)
        return {"u": now_ms, **{tickers.STREAM_NAMES[name]: value for name, value in sides.items()}}
    day = tickers.day(market, now_ms)
    names = tickers.MINI if what == "miniTicker" else tuple(day)
    shown = {tickers.STREAM_NAMES[name]: day[name] for name in names}
    return {"e": "24hrTicker" if what == "ticker" else "24hrMiniTicker", "E": now_ms, **shown}
