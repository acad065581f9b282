"""The open WebSockets: what one connection says is its speaker's affair."""

import asyncio
import contextlib
from typing import Final, Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from simulator.clock import host_ms
from simulator.exchange import Exchange
from simulator.faults import closes_websockets

HEARTBEAT_S: Final = 20.0


class Speaker(Protocol):
    """One connection's side of the conversation; every message is a JSON text."""

    def hello(self) -> list[str]:
        """What is said once the connection is open."""

    def obey(self, text: str) -> list[str]:
        """The answers to one message of the client."""

    def due(self, since_ms: int, now_ms: int) -> list[str]:
        """What is to be pushed at `now`, for what happened since `since_ms`."""


class Sockets:
    """Every open connection, each with a task of its own that pushes, so that a slow reader delays nobody else."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request, speaker: Speaker) -> web.StreamResponse:
        """Speak until the client leaves."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S)
        await socket.prepare(request)
        self._open.add(socket)
        pushing = asyncio.create_task(self._push(socket, speaker))
        try:
            await _say(socket, speaker.hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await _say(socket, speaker.obey(message.data))
        except ConnectionError:
            pass
        finally:
            pushing.cancel()
            self._open.discard(socket)
        return socket

    async def close_all(self) -> None:
        closing = (socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._open))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), 0.3)

    async def _push(self, socket: web.WebSocketResponse, speaker: Speaker) -> None:
        pushed_ms = self._exchange.now_ms()
        while not socket.closed:
            if closes_websockets(self._exchange.faults, host_ms()):
                await socket.close(code=WSCloseCode.GOING_AWAY)
                return
            now_ms = self._exchange.now_ms()
            await _say(socket, speaker.due(pushed_ms, now_ms))
            pushed_ms = now_ms
            await asyncio.sleep((1000 - self._exchange.now_ms() % 1000) / 1000 + 0.002)


async def _say(socket: web.WebSocketResponse, texts: list[str]) -> None:
    for text in texts:
        await socket.send_str(text)
