"""JSON answers."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def compact(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"))


def reply(content: Any, status: int = 200) -> web.Response:
    return web.Response(text=compact(content), status=status, content_type="application/json")
