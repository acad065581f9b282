"""The endpoints that need no key."""

import json
from typing import Any, Final

from aiohttp import web

from simulator.account.filters import filters
from simulator.account.orders import Kind
from simulator.api.replies import Handler, reply
from simulator.binance import tickers
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.market.instrument import Instrument
from simulator.market.market import Market
from simulator.market.pages import Window

DEFAULT_LIMIT: Final = 500
LONGEST_PAGE: Final = 1_000
DEFAULT_DEPTH: Final = 100
DEEPEST: Final = 5_000


class Public:
    """Handlers over one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> dict[str, Handler]:
        return {
            "/api/v3/ping": self.ping,
            "/api/v3/time": self.time,
            "/api/v3/exchangeInfo": self.exchange_info,
            "/api/v3/klines": self.klines,
            "/api/v3/depth": self.depth,
            "/api/v3/ticker/24hr": self.day,
            "/api/v3/ticker/bookTicker": self.book,
        }

    async def ping(self, _: web.Request) -> web.Response:
        return reply({})

    async def time(self, _: web.Request) -> web.Response:
        return reply({"serverTime": self._exchange.now_ms()})

    async def exchange_info(self, request: web.Request) -> web.Response:
        limit = self._exchange.weight_limit or 6000
        return reply(
            {
                "timezone": "UTC",
                "serverTime": self._exchange.now_ms(),
                "rateLimits": [
                    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": limit}
                ],
                "exchangeFilters": [],
                "symbols": [_listing(market.traded) for market in self._asked(request)],
            }
        )

    async def klines(self, request: web.Request) -> web.Response:
        asked, exchange = request.query, self._exchange
        market = exchange.market(asked.get("symbol"))
        timeframe_ms = exchange.timeframe_ms(market, asked.get("interval"))
        limit = min(_whole(asked.get("limit"), "limit") or DEFAULT_LIMIT, LONGEST_PAGE)
        window = Window(_whole(asked.get("startTime"), "startTime"), _whole(asked.get("endTime"), "endTime"), limit)
        page = exchange.pages.page(market, timeframe_ms, window, exchange.now_ms(), exchange.publication())
        return web.Response(body=page, content_type="application/json", charset="utf-8")

    async def depth(self, request: web.Request) -> web.Response:
        market = self._exchange.market(request.query.get("symbol"))
        count = min(_whole(request.query.get("limit"), "limit") or DEFAULT_DEPTH, DEEPEST)
        return reply(tickers.depth(market, self._exchange.now_ms(), count))

    async def day(self, request: web.Request) -> web.Response:
        now_ms = self._exchange.now_ms()
        return self._one_or_all(request, [tickers.day(market, now_ms) for market in self._asked(request)])

    async def book(self, request: web.Request) -> web.Response:
        now_ms = self._exchange.now_ms()
        return self._one_or_all(request, [tickers.book(market, now_ms) for market in self._asked(request)])

    def _asked(self, request: web.Request) -> list[Market]:
        """The markets of `symbol`, of `symbols` (a JSON array), or all."""
        if symbol := request.query.get("symbol"):
            return [self._exchange.market(symbol)]
        if symbols := request.query.get("symbols"):
            return [self._exchange.market(symbol) for symbol in _array(symbols)]
        return self._exchange.listed()

    def _one_or_all(self, request: web.Request, answers: list[dict[str, Any]]) -> web.Response:
        return reply(answers[0] if "symbol" in request.query else answers)


def _array(text: str) -> list[str]:
    try:
        symbols = json.loads(text)
    except ValueError:
        symbols = None
    if not isinstance(symbols, list):
        raise ApiError(-1100, "Illegal characters found in parameter 'symbols'; it is a JSON array of strings.")
    return [str(symbol) for symbol in symbols]


def _whole(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not text.isdigit():
        raise ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
    return int(text)


def _listing(traded: Instrument) -> dict[str, Any]:
    return {
        "symbol": traded.symbol,
        "status": "TRADING",
        "baseAsset": traded.base,
        "baseAssetPrecision": 8,
        "quoteAsset": traded.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [str(kind) for kind in Kind],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters(traded),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }
