"""Kraken's public endpoints."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from aiohttp import web

from simulator.api.replies import Handler, reply
from simulator.errors import ApiError, missing
from simulator.exchange import Exchange
from simulator.kraken import names, payloads
from simulator.market.candles import Candles
from simulator.market.market import Market
from simulator.market.tape import newest_trades, trades_after
from simulator.market.timeframe import MINUTE_MS, SECOND_MS, floor
from simulator.market.trades import NS

KEPT: Final = 720  # candles; what is older exists only as trades
LONGEST_PAGE: Final = 1_000
INTERVALS: Final = {minutes: minutes * MINUTE_MS for minutes in (1, 5, 15, 30, 60, 240, 1440)}
_SECONDS_BELOW: Final = 10**11  # `since` of Trades is in s below this, in ns above

Answer = Callable[[web.Request], Any]


class Public:
    """Handlers over one exchange; the result of each is wrapped as {"error": [], "result": ...}."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> dict[str, Handler]:
        answers: dict[str, Answer] = {
            "Time": self.time,
            "SystemStatus": self.status,
            "Assets": self.assets,
            "AssetPairs": self.pairs,
            "Ticker": self.tickers,
            "OHLC": self.candles,
            "Trades": self.trades,
        }
        return {f"/0/public/{name}": _wrapped(answer) for name, answer in answers.items()}

    def time(self, _: web.Request) -> dict[str, Any]:
        seconds = self._exchange.now_ms() // 1000
        return {"unixtime": seconds, "rfc1123": format_datetime(datetime.fromtimestamp(seconds, UTC))}

    def status(self, _: web.Request) -> dict[str, Any]:
        return {
            "status": "online",
            "timestamp": payloads.instant(self._exchange.now_ms() // 1000 * 1000 * NS)[:19] + "Z",
        }

    def assets(self, _: web.Request) -> dict[str, Any]:
        traded = [market.traded for market in self._exchange.listed()]
        known = sorted({asset for one in traded for asset in (one.base, one.quote)})
        return {names.asset_id(asset): payloads.asset(asset) for asset in known}

    def pairs(self, request: web.Request) -> dict[str, Any]:
        return {names.pair_id(m.traded): payloads.pair(m.traded) for m in self._asked(request)}

    def tickers(self, request: web.Request) -> dict[str, Any]:
        now_ms = self._exchange.now_ms()
        return {names.pair_id(m.traded): payloads.ticker(m, now_ms) for m in self._asked(request)}

    def candles(self, request: web.Request) -> dict[str, Any]:
        """The newest 720 candles of those that open after `since` (s), however long ago that is."""
        market = self._market(request)
        timeframe_ms = INTERVALS.get(_whole(request, "interval", 1))
        if timeframe_ms is None:
            raise ApiError(-1120, "interval")
        now_ms = self._exchange.now_ms()
        shown = newest(self._exchange, market, timeframe_ms, now_ms)
        shown = shown[shown.timestamp > _whole(request, "since", -1) * 1000]
        closed = shown.timestamp[shown.timestamp + timeframe_ms <= now_ms]
        last = int(closed[-1]) // 1000 if len(closed) else _whole(request, "since", 0)
        return {names.pair_id(market.traded): payloads.rows(market, shown, timeframe_ms), "last": last}

    def trades(self, request: web.Request) -> dict[str, Any]:
        """The oldest `count` trades after `since` (ns, or s), or the newest; `last` is what to go on with."""
        market = self._market(request)
        count = min(_whole(request, "count", LONGEST_PAGE) or LONGEST_PAGE, LONGEST_PAGE)
        now_ms = floor(self._exchange.now_ms(), SECOND_MS)
        if "since" in request.query:
            since = _whole(request, "since", 0)
            since_ns = since * 10**9 if since < _SECONDS_BELOW else since
            found = trades_after(market, since_ns, count, now_ms)
        else:
            found = newest_trades(market, count, now_ms)
            since_ns = now_ms * NS
        last = int(found.time_ns[-1]) if len(found) else since_ns
        return {names.pair_id(market.traded): payloads.trades(market, found), "last": str(last)}

    def _market(self, request: web.Request) -> Market:
        if not request.query.get("pair"):
            raise missing("pair")
        return self._exchange.market(request.query["pair"])

    def _asked(self, request: web.Request) -> list[Market]:
        """The markets of `pair`, comma separated, or all."""
        if "pair" not in request.query:
            return self._exchange.listed()
        return [self._exchange.market(pair) for pair in request.query["pair"].split(",")]


def newest(exchange: Exchange, market: Market, timeframe_ms: int, now_ms: int) -> Candles:
    """The newest 720 candles, the forming one among them; minutes in which nothing traded have none."""
    length, since_ms = KEPT, market.since_ms(timeframe_ms)
    while True:
        start_ms = max(since_ms, floor(now_ms, timeframe_ms) - (length - 1) * timeframe_ms)
        span = (start_ms, now_ms + 1)
        found = exchange.pages.visible(market, timeframe_ms, span, now_ms, exchange.publication())
        if len(found) >= KEPT or start_ms <= since_ms:
            return found[-KEPT:]
        length *= 2


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "").strip() or str(default)
    try:
        return int(text)
    except ValueError:
        raise ApiError(-1100, name) from None


def _wrapped(answer: Answer) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return reply({"error": [], "result": answer(request)})

    handler: Callable[[web.Request], Awaitable[web.Response]] = handle
    return handler
