"""What happens to a request around its handler: faults, the weight limit, refusals, and the access log."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Middleware

from simulator.api.replies import Handler, refusal
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import Fault, Verdict
from simulator.limits import weight

BROKEN = "<html><head><title>%d</title></head><body>the front end has no back end</body></html>"
GARBAGE = "<html><body><h1>we'll be right back</h1></body></html>"


def guard(exchange: Exchange) -> Middleware:
    """The middleware over every request but those to `/control`."""

    @web.middleware
    async def apply(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/control"):
            return await _answered(request, handler)
        at_ms, verdict = host_ms(), exchange.judge(request.path)
        is_stream = request.path.startswith(("/ws", "/stream"))
        if is_stream and verdict.fault is None:
            _log(exchange, request, at_ms, 101, verdict)
        if verdict.delay_ms:
            await asyncio.sleep(verdict.delay_ms / 1000)
        response = await _respond(exchange, request, handler, verdict)
        if response is None:
            _log(exchange, request, at_ms, 0, verdict)
            return _cut(request)
        if not (is_stream and verdict.fault is None):
            _log(exchange, request, at_ms, response.status, verdict)
        return response

    return apply


async def _respond(
    exchange: Exchange, request: web.Request, handler: Handler, verdict: Verdict
) -> web.StreamResponse | None:
    """The answer under a verdict; None where the connection is to be cut."""
    fault = verdict.fault
    if fault is not None and fault.kind not in ("lost_reply", "truncated", "garbage"):
        return None if fault.kind == "drop" else _refused(fault)
    address = request.remote or ""
    cost = weight(request.method, request.path, with_symbol="symbol" in request.query)
    over = exchange.charge(address, cost)
    response = _over_limit(over.status, over.until_ms) if over else await _answered(request, handler)
    if not response.prepared:
        used = str(exchange.usage[address].used)
        response.headers["X-MBX-USED-WEIGHT"] = response.headers["X-MBX-USED-WEIGHT-1M"] = used
    if fault is None:
        return response
    return None if fault.kind == "lost_reply" else _spoilt(response, fault)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return refusal(error)
    except web.HTTPException as error:
        return refusal(ApiError(-1000, f"{request.method} {request.path}: {error.reason}", error.status))


def _refused(fault: Fault) -> web.Response:
    if fault.kind == "server_error":
        return web.Response(text=BROKEN % fault.status, status=fault.status, content_type="text/html")
    wait_s = fault.retry_after_s(host_ms())
    return _over_limit(418 if fault.kind == "ban" else 429, host_ms() + 1000 * wait_s)


def _over_limit(status: int, until_ms: int) -> web.Response:
    reason = f"IP banned until {until_ms}" if status == 418 else "slow down"
    response = refusal(ApiError(-1003, f"Too much request weight used; {reason}.", status))
    response.headers["Retry-After"] = str(max(1, -(-(until_ms - host_ms()) // 1000)))
    return response


def _spoilt(response: web.StreamResponse, fault: Fault) -> web.Response:
    body = response.body if isinstance(response, web.Response) else b""
    whole = body if isinstance(body, bytes) else b""
    spoilt = GARBAGE.encode() if fault.kind == "garbage" else whole[: len(whole) // 2]
    return web.Response(body=spoilt, content_type="application/json")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _log(exchange: Exchange, request: web.Request, at_ms: int, status: int, verdict: Verdict) -> None:
    query = request.rel_url.raw_query_string
    exchange.log.add(at_ms, request.method, request.path, query, status, verdict.name)
