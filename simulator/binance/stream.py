"""Binance's WebSocket streams: klines and tickers, pushed every second to whoever subscribed."""

import json
from typing import Any

from aiohttp import web

from simulator.api.replies import compact
from simulator.binance.events import Events
from simulator.errors import ApiError


class Listener:
    """`/ws/...` sends bare events, `/stream?streams=...` wraps them; streams may be named in the address."""

    def __init__(self, events: Events, request: web.Request) -> None:
        self._events = events
        named = request.query.get("streams", request.match_info.get("names", "")).split("/")
        self._subscribed = [name for name in named if "@" in name]
        self._wrapped = request.path.startswith("/stream")

    def hello(self) -> list[str]:
        return []

    def due(self, since_ms: int, now_ms: int) -> list[str]:
        return [
            f'{{"stream":"{name}","data":{event}}}' if self._wrapped else event
            for name in self._subscribed
            for event in self._events.between(name, since_ms, now_ms)
        ]

    def obey(self, text: str) -> list[str]:
        return [compact(self._obeyed(text))]

    def _obeyed(self, text: str) -> dict[str, Any]:
        """The answer to one message; the subscriptions change in place."""
        try:
            asked = json.loads(text)
            method, names = asked["method"], [str(name) for name in asked.get("params", [])]
        except (ValueError, TypeError, KeyError):
            return {"error": {"code": 3, "msg": "Invalid JSON: a message has a method, params and an id"}, "id": None}
        result = None
        try:
            if method == "SUBSCRIBE":
                self._events.check(names)
                self._subscribed += [name for name in names if name not in self._subscribed]
            elif method == "UNSUBSCRIBE":
                self._subscribed[:] = [name for name in self._subscribed if name not in names]
            elif method == "LIST_SUBSCRIPTIONS":
                result = list(self._subscribed)
            else:
                return {"error": {"code": 2, "msg": f"Invalid request: unknown method {method}"}, "id": asked.get("id")}
        except ApiError as error:
            return {"error": {"code": 2, "msg": f"Invalid request: {error}"}, "id": asked.get("id")}
        return {"result": result, "id": asked.get("id")}
