"""Coinbase's public endpoints: currencies, products, candles, the newest trades, the time."""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from simulator.api.replies import Handler, reply
from simulator.errors import ApiError, missing
from simulator.exchange import Exchange
from simulator.market.instrument import Instrument
from simulator.market.market import Market
from simulator.market.tape import newest_trades
from simulator.market.timeframe import SECOND_MS, TIMEFRAMES, floor
from simulator.market.trades import NS

GRANULARITIES: Final = {
    "ONE_MINUTE": "1m", "FIVE_MINUTE": "5m", "FIFTEEN_MINUTE": "15m", "THIRTY_MINUTE": "30m",
    "ONE_HOUR": "1h", "TWO_HOUR": "2h", "SIX_HOUR": "6h", "ONE_DAY": "1d",
}  # fmt: skip
MOST_ASKED: Final = 350
MONEY: Final = ("USD", "EUR", "GBP", "JPY", "AUD", "CAD")
_PRODUCTS: Final = "/api/v3/brokerage/market/products"


def product_id(traded: Instrument) -> str:
    """BTC-USD."""
    return f"{traded.base}-{traded.quote}"


class Public:
    """Handlers over one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> dict[str, Handler]:
        return {
            "/v2/time": self.epoch,
            "/v2/currencies": self.money,
            "/v2/currencies/crypto": self.coins,
            "/v2/exchange-rates": self.rates,
            "/api/v3/brokerage/time": self.time,
            _PRODUCTS: self.products,
            f"{_PRODUCTS}/{{product}}": self.product,
            f"{_PRODUCTS}/{{product}}/candles": self.candles,
            f"{_PRODUCTS}/{{product}}/ticker": self.ticker,
        }

    async def epoch(self, _: web.Request) -> web.Response:
        now_ms = self._exchange.now_ms()
        return reply({"data": {"epoch": now_ms // 1000, "iso": _instant(floor(now_ms, 1000) * NS)}})

    async def time(self, _: web.Request) -> web.Response:
        now_ms = self._exchange.now_ms()
        iso = _instant(floor(now_ms, 1000) * NS)
        return reply({"iso": iso, "epochSeconds": str(now_ms // 1000), "epochMillis": str(now_ms)})

    async def money(self, _: web.Request) -> web.Response:
        return reply({"data": [{"id": asset, "name": asset, "min_size": "0.01"} for asset in self._assets(MONEY)]})

    async def coins(self, _: web.Request) -> web.Response:
        coins = [asset for asset in self._assets() if asset not in MONEY]
        return reply({"data": [{"code": coin, "name": coin, "asset_id": f"asset-{coin}"} for coin in coins]})

    async def rates(self, _: web.Request) -> web.Response:
        return reply({"data": {"currency": "USD", "rates": dict.fromkeys(self._assets(), "1")}})

    async def products(self, request: web.Request) -> web.Response:
        """All, or those of `product_ids`; `product_type` FUTURE has none."""
        asked = request.query.getall("product_ids", [])
        futures = request.query.get("product_type") == "FUTURE"
        markets = [self._exchange.market(name) for name in asked] if asked else self._exchange.listed()
        shown = [self._product(market) for market in ([] if futures else markets)]
        return reply({"products": shown, "num_products": len(shown)})

    async def product(self, request: web.Request) -> web.Response:
        return reply(self._product(self._market(request)))

    async def candles(self, request: web.Request) -> web.Response:
        """Those that open in [start, end] (s), newest first; minutes without trades are absent.

        More than 350 are refused; ccxt asks for 300 and one.
        """
        exchange, market = self._exchange, self._market(request)
        timeframe = GRANULARITIES.get(request.query.get("granularity", ""))
        if timeframe is None:
            raise ApiError(-1120, "granularity is not one of the known")
        timeframe_ms = TIMEFRAMES[timeframe]
        start_ms, end_ms = (1000 * _whole(request, name) for name in ("start", "end"))
        if (end_ms - start_ms) // timeframe_ms > MOST_ASKED:
            raise ApiError(-1100, f"number of candles requested should be less than {MOST_ASKED}")
        now_ms = exchange.now_ms()
        span = (start_ms, min(end_ms, now_ms) + 1)
        shown = exchange.pages.visible(market, timeframe_ms, span, now_ms, exchange.publication())
        return reply({"candles": _rows(market, shown[::-1])})

    async def ticker(self, request: web.Request) -> web.Response:
        """The newest trades and the top of the book."""
        market, now_ms = self._market(request), self._exchange.now_ms()
        quote = market.quote(now_ms)
        count = _whole(request, "limit") if "limit" in request.query else 100
        found = newest_trades(market, min(max(count, 1), 1_000), floor(now_ms, SECOND_MS))
        trades = [
            {
                "trade_id": str(number),
                "product_id": product_id(market.traded),
                "price": market.digits.price(price),
                "size": market.digits.amount(lots),
                "time": _instant(time_ns),
                "side": "BUY" if is_buy else "SELL",
            }
            for number, time_ns, price, lots, is_buy in reversed(found.rows())
        ]
        return reply({"trades": trades, "best_bid": f"{quote.bid:f}", "best_ask": f"{quote.ask:f}"})

    def _product(self, market: Market) -> dict[str, Any]:
        traded, now_ms = market.traded, self._exchange.now_ms()
        day, last = market.day(now_ms), market.digits.price(market.source.price(now_ms))
        opened = market.digits.price(day.open[0]) if len(day) else last
        volume = market.digits.amount(day.volume[0]) if len(day) else market.digits.amount(0)
        return {
            "product_id": product_id(traded),
            "price": last,
            "price_percentage_change_24h": f"{100 * (float(last) / float(opened) - 1):.8f}",
            "volume_24h": volume,
            "approximate_quote_24h_volume": f"{float(volume) * float(last):.2f}",
            "base_increment": f"{traded.lot:f}",
            "quote_increment": f"{traded.tick:f}",
            "price_increment": f"{traded.tick:f}",
            "quote_min_size": "1",
            "quote_max_size": "150000000",
            "base_min_size": f"{traded.lot:f}",
            "base_max_size": "3400",
            "base_name": traded.base,
            "quote_name": traded.quote,
            "base_currency_id": traded.base,
            "quote_currency_id": traded.quote,
            "base_display_symbol": traded.base,
            "quote_display_symbol": traded.quote,
            "status": "online",
            "product_type": "SPOT",
            "trading_disabled": False,
            "is_disabled": False,
            "view_only": False,
            "alias": "",
            "alias_to": [],
        }

    def _market(self, request: web.Request) -> Market:
        return self._exchange.market(request.match_info["product"])

    def _assets(self, among: tuple[str, ...] = ()) -> list[str]:
        traded = [market.traded for market in self._exchange.listed()]
        assets = sorted({asset for one in traded for asset in (one.base, one.quote)})
        return [asset for asset in assets if not among or asset in among]


def _rows(market: Market, candles: Any) -> list[dict[str, str]]:
    price, amount = market.digits.price, market.digits.amount
    return [
        {"start": str(time // 1000), "low": price(low), "high": price(high), "open": price(opened),
         "close": price(close), "volume": amount(volume)}
        for time, opened, high, low, close, volume in zip(*(c.tolist() for c in candles.columns()), strict=True)
    ]  # fmt: skip


def _whole(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    if not text:
        raise missing(name)
    if not text.isdigit():
        raise ApiError(-1100, f"{name} is a whole number")
    return int(text)


def _instant(time_ns: int) -> str:
    """RFC 3339 with microseconds."""
    return (
        datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        + f".{time_ns % 10**9:09d}"[:7]
        + "Z"
    )
