"""JSON answers and refusals."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from simulator.errors import ApiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def compact(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"))


def reply(content: Any, status: int = 200) -> web.Response:
    return web.Response(text=compact(content), status=status, content_type="application/json")


def refusal(error: ApiError) -> web.Response:
    return reply({"code": error.code, "msg": error.message}, error.status)
