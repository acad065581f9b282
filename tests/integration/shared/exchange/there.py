"""The exchange that these tests talk to, and how they talk to it."""

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shared.config import ExchangeSettings
from shared.exchange import Client, fetch_markets, measure_clock, open_client
from shared.exchange.gate import Gate

ROOT = Path(__file__).parents[4]
T = TypeVar("T")


@dataclass(frozen=True)
class Exchange:
    """A running simulator, and its control."""

    url: str
    process: "subprocess.Popen[bytes]"

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())

    def fault(self, **fault: Any) -> None:
        self.ask("/control/faults", fault)

    def log(self) -> list[dict[str, Any]]:
        """The requests that came, oldest first."""
        return list(self.ask("/control/log?since=0"))


Simulate = Callable[..., Exchange]


def using(
    exchange: Exchange,
    use: Callable[[Client], Awaitable[T]],
    name: str = "binance",
    gate: Gate | None = None,
    *,
    streaming: bool = False,
    **settings: Any,
) -> T:
    """What comes of using a client that knows the exchange's clock and markets."""

    async def opened() -> T:
        described = ExchangeSettings.model_validate({"url": exchange.url, **settings})
        client = open_client(name, described, gate, streaming=streaming)
        try:
            await measure_clock(client)
            await fetch_markets(client)
            return await use(client)
        finally:
            await client.close()

    return asyncio.run(opened())
