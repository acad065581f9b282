"""The endpoints of whoever runs the exchange: faults, outages, revisions, delisting, the access log, the truth."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from simulator.api.dialect import Dialect
from simulator.api.replies import Handler, reply
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.faults import KINDS, fault_from
from simulator.market.market import Market
from simulator.market.revisions import Revision
from simulator.market.timeframe import floor


class Control:
    """Handlers over one exchange; no fault and no limit applies to them, and they are not logged."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect, self._exchange = dialect, dialect.exchange

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", "/control/faults"): self.faults,
            ("POST", "/control/faults"): self.add_fault,
            ("DELETE", "/control/faults"): self.clear_faults,
            ("POST", "/control/outage"): self.outage,
            ("POST", "/control/revise"): self.revise,
            ("POST", "/control/delist"): self.delist,
            ("POST", "/control/relist"): self.relist,
            ("POST", "/control/usage"): self.usage,
            ("GET", "/control/log"): self.log,
            ("GET", "/control/truth"): self.truth,
        }

    async def faults(self, _: web.Request) -> web.Response:
        active = [fault for fault in self._exchange.faults if fault.active(host_ms())]
        shown = [{name: getattr(fault, name) for name in fault.__slots__} for fault in active]
        return reply({"faults": shown, "kinds": KINDS})

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = fault_from(await _json(request), host_ms())
        except ValueError as error:
            raise ApiError(-1100, str(error)) from error
        if fault.kind == "websocket_close" and fault.until_ms is None:
            await self._dialect.sockets.close_all()
        else:
            self._exchange.faults += (fault,)
        return reply({"added": fault.kind}, 201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        self._exchange.faults = ()
        return reply({})

    async def outage(self, request: web.Request) -> web.Response:
        """{"symbol", "start", "end"}: nothing traded in [start, end)."""
        body = await _json(request)
        market = self._market(body.get("symbol"))
        market.outage(_integer(body, "start"), _integer(body, "end"))
        self._exchange.pages.forget(market.traded.symbol)
        return reply({"outages": market.outages}, 201)

    async def revise(self, request: web.Request) -> web.Response:
        """{"symbol", "timeframe", "timestamp" or "bars_ago", "close": 1.01, "volume": 2}: factors on a candle."""
        body = await _json(request)
        market = self._market(body.get("symbol"))
        timeframe_ms = self._exchange.timeframe_ms(market, body.get("timeframe"))
        if "bars_ago" in body:
            open_ms = floor(self._exchange.now_ms(), timeframe_ms) - _integer(body, "bars_ago") * timeframe_ms
        else:
            open_ms = _integer(body, "timestamp")
        try:
            revision = Revision(float(body.get("close", 1)), float(body.get("volume", 1)))
        except (TypeError, ValueError):
            raise ApiError(-1100, "'close' and 'volume' are factors, numbers such as 1.01") from None
        self._exchange.revisions.add(market.traded.symbol, timeframe_ms, open_ms, revision)
        self._exchange.pages.forget(market.traded.symbol)
        return reply({"timestamp": open_ms}, 201)

    async def delist(self, request: web.Request) -> web.Response:
        """{"symbol"}: the exchange knows it no more."""
        self._exchange.delisted.add(self._market((await _json(request)).get("symbol")).traded.symbol)
        return reply({"delisted": sorted(self._exchange.delisted)}, 201)

    async def relist(self, request: web.Request) -> web.Response:
        """{"symbol"}: the exchange knows it again."""
        self._exchange.delisted.discard(self._market((await _json(request)).get("symbol")).traded.symbol)
        return reply({"delisted": sorted(self._exchange.delisted)}, 201)

    async def usage(self, request: web.Request) -> web.Response:
        """{"used": weight or calls, "address": the caller's if left out}: another program's use of the limit."""
        body = await _json(request)
        self._dialect.spend(str(body.get("address") or request.remote or ""), _integer(body, "used"))
        return reply({}, 201)

    async def log(self, request: web.Request) -> web.Response:
        """The access log after entry `since`, at most `limit` entries (all if left out)."""
        since, most = _integer({"since": request.query.get("since", 0)}, "since"), request.query.get("limit")
        return reply(self._exchange.log.since(since, None if most is None else _integer(request.query, "limit")))

    async def truth(self, request: web.Request) -> web.Response:
        """Every closed candle of `symbol` and `timeframe` that opens in [start, end), as rows of six numbers."""
        asked, exchange = request.query, self._exchange
        market = self._market(asked.get("symbol"))
        timeframe_ms = exchange.timeframe_ms(market, asked.get("timeframe"))
        newest_ms = min(floor(exchange.now_ms(), timeframe_ms), market.source.until_ms)
        start_ms = _integer({"start": asked.get("start", 0)}, "start")
        end_ms = min(_integer({"end": asked.get("end", newest_ms)}, "end"), newest_ms)
        start_ms, end_ms = (-(-time_ms // timeframe_ms) * timeframe_ms for time_ms in (start_ms, end_ms))
        rows = market.digits.plain(exchange.pages.truth(market, timeframe_ms, start_ms, end_ms))
        return web.Response(text=f"[{','.join(rows)}]", content_type="application/json")

    def _market(self, symbol: Any) -> Market:
        return self._exchange.any_market(str(symbol or ""))


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(-1100, "the body is a JSON object")
    return body


def _integer(values: Mapping[str, Any], name: str) -> int:
    try:
        return int(values[name])
    except (KeyError, TypeError, ValueError):
        raise ApiError(-1102, f"'{name}' is an integer (times in ms UTC)") from None
