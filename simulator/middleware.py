"""What happens to a request around its handler: faults, the limits, refusals, and the access log."""

import asyncio
import json

from aiohttp import web
from aiohttp.typedefs import Middleware

from simulator.api.dialect import Dialect
from simulator.api.replies import Handler, compact
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.faults import FILE_KINDS, PAGE_KINDS, REQUEST_KINDS, WHOLE, Fault, Verdict
from simulator.spoiling import SPOILERS

GARBAGE = "<html><body><h1>we'll be right back</h1></body></html>"


def guard(dialect: Dialect) -> Middleware:
    """The middleware over every request but those to `/control`."""

    @web.middleware
    async def apply(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/control"):
            return await _answered(dialect, request, handler)
        at_ms, verdict = host_ms(), dialect.exchange.judge(request.path, _kinds(dialect, request.path))
        is_stream = request.path.startswith(dialect.streams) and verdict.fault is None
        if is_stream:
            _log(dialect, request, at_ms, verdict, 101)
        if verdict.delay_ms:
            await asyncio.sleep(verdict.delay_ms / 1000)
        response = await _respond(dialect, request, handler, verdict)
        if response is None:
            _log(dialect, request, at_ms, verdict, 0)
            return _cut(request)
        if not is_stream:
            _log(dialect, request, at_ms, verdict, response.status, response.get("refused"))
        return response

    return apply


def _kinds(dialect: Dialect, path: str) -> dict[str, str]:
    """The faults that a request for this path can suffer."""
    if dialect.is_page(path):
        return {**REQUEST_KINDS, **PAGE_KINDS}
    return {**REQUEST_KINDS, **FILE_KINDS} if path.endswith(".CHECKSUM") else REQUEST_KINDS


async def _respond(
    dialect: Dialect, request: web.Request, handler: Handler, verdict: Verdict
) -> web.StreamResponse | None:
    """The answer under a verdict; None where the connection is to be cut."""
    fault = verdict.fault
    if fault is not None and fault.kind not in WHOLE:
        return None if fault.kind == "drop" else dialect.failure(fault)
    response: web.StreamResponse | None = dialect.charge(request)
    if response is None:
        elsewhere = fault is not None and fault.kind == "wrong_symbol"
        response = await _answered(dialect, request, _redirected(dialect, handler) if elsewhere else handler)
    if fault is not None and fault.kind == "lost_reply":
        return None
    if fault is not None:
        response = _spoilt(dialect, response, fault)
    if not response.prepared:
        dialect.sign(request, response)
    return response


def _redirected(dialect: Dialect, handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(dialect.redirect(request))

    return handle


async def _answered(dialect: Dialect, request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        response = dialect.refusal(error)
        response["refused"] = error.message
        return response
    except web.HTTPException as error:
        return dialect.refusal(ApiError(-1000, f"{request.method} {request.path}: {error.reason}", error.status))


def _spoilt(dialect: Dialect, response: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) else b""
    whole = body if isinstance(body, bytes) else b""
    is_refusal = response.status != 200 or "refused" in response
    if fault.kind == "wrong_symbol" or (is_refusal and fault.kind not in ("garbage", "truncated")):
        return response
    if spoiler := SPOILERS.get(fault.kind):
        roll = dialect.exchange.random.random
        spoilt = compact(dialect.edit(json.loads(whole), lambda rows: spoiler(rows, roll))).encode()
    elif fault.kind == "checksum":
        spoilt = whole[:64][::-1] + whole[64:]
    else:
        spoilt = GARBAGE.encode() if fault.kind == "garbage" else whole[: len(whole) // 2]
    return web.Response(body=spoilt, content_type="application/json")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _log(
    dialect: Dialect, request: web.Request, at_ms: int, verdict: Verdict, status: int, refused: str | None = None
) -> None:
    query = request.rel_url.raw_query_string
    dialect.exchange.log.add(at_ms, request.method, request.path, query, status, verdict.name, refused)
