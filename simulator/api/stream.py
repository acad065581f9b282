"""The WebSocket streams: klines and tickers, pushed every second to whoever subscribed."""

import asyncio
import contextlib
import json
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web

from simulator.api.events import Events
from simulator.api.replies import compact
from simulator.clock import host_ms
from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.faults import closes_websockets

HEARTBEAT_S: Final = 20.0


class Streams:
    """Every open connection, each with a task of its own that pushes, so that a slow reader delays nobody else."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._events = exchange, Events(exchange)
        self._sockets: set[web.WebSocketResponse] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`/ws/...` sends bare events, `/stream?streams=...` wraps them; streams may be named in the address."""
        named = request.query.get("streams", request.match_info.get("names", "")).split("/")
        subscribed = [name for name in named if "@" in name]
        wrapped = request.path.startswith("/stream")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S)
        await socket.prepare(request)
        self._sockets.add(socket)
        pushing = asyncio.create_task(self._push(socket, subscribed, wrapped=wrapped))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await socket.send_str(compact(self._obey(message.data, subscribed)))
        except ConnectionError:
            pass
        finally:
            pushing.cancel()
            self._sockets.discard(socket)
        return socket

    async def close_all(self) -> None:
        closing = (socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._sockets))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), 0.3)

    async def _push(self, socket: web.WebSocketResponse, subscribed: list[str], *, wrapped: bool) -> None:
        pushed_ms = self._exchange.now_ms()
        while not socket.closed:
            if closes_websockets(self._exchange.faults, host_ms()):
                await socket.close(code=WSCloseCode.GOING_AWAY)
                return
            now_ms = self._exchange.now_ms()
            for name in list(subscribed):
                for event in self._events.between(name, pushed_ms, now_ms):
                    await socket.send_str(f'{{"stream":"{name}","data":{event}}}' if wrapped else event)
            pushed_ms = now_ms
            await asyncio.sleep((1000 - self._exchange.now_ms() % 1000) / 1000 + 0.002)

    def _obey(self, text: str, subscribed: list[str]) -> dict[str, Any]:
        """The answer to one message of a client; its subscriptions change in place."""
        try:
            asked = json.loads(text)
            method, names = asked["method"], [str(name) for name in asked.get("params", [])]
        except (ValueError, TypeError, KeyError):
            return {"error": {"code": 3, "msg": "Invalid JSON: a message has a method, params and an id"}, "id": None}
        result = None
        try:
            if method == "SUBSCRIBE":
                self._events.check(names)
                subscribed += [name for name in names if name not in subscribed]
            elif method == "UNSUBSCRIBE":
                subscribed[:] = [name for name in subscribed if name not in names]
            elif method == "LIST_SUBSCRIPTIONS":
                result = list(subscribed)
            else:
                return {"error": {"code": 2, "msg": f"Invalid request: unknown method {method}"}, "id": asked.get("id")}
        except ApiError as error:
            return {"error": {"code": 2, "msg": f"Invalid request: {error}"}, "id": asked.get("id")}
        return {"result": result, "id": asked.get("id")}
