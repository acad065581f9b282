"""Where a trader can die: before and after each commit, before and after each signed request on the wire.

A point is named after the function that commits, or after the request. The code under test knows nothing of it.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ccxt.async_support.base.exchange import Exchange
from sqlalchemy import Connection

from shared.database import Database

#: What has nothing to do with an order: asked once, before anything is traded.
_PREPARING = ("exchangeInfo", "ticker", "/time")


@dataclass
class Bomb:
    """Kills this process when it comes to `point` for the `left`th time; `seen` and `hits` are files it appends to."""

    point: str | None
    left: int
    seen: Path
    hits: Path
    passed: set[str] = field(default_factory=set)

    def reach(self, point: str) -> None:
        """The process is at a point: it may be its last."""
        if point not in self.passed:
            self.passed.add(point)
            _append(self.seen, point)
        if point != self.point:
            return
        self.left -= 1
        if self.left == 0:
            _append(self.hits, point)
            os.kill(os.getpid(), signal.SIGKILL)


def lay(bomb: Bomb) -> None:
    """Have every commit and every signed request of this process pass by the bomb."""
    for name in ("write", "write_as", "write_as_each"):
        setattr(Database, name, _commits(bomb, getattr(Database, name)))
    fetch = Exchange.fetch

    async def fetched(self: Any, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        path = urlsplit(url).path
        if any(word in path for word in _PREPARING):
            return await fetch(self, url, method, headers, body)
        bomb.reach(f"{method} {path}: before")
        answer = await fetch(self, url, method, headers, body)
        bomb.reach(f"{method} {path}: after")
        return answer

    Exchange.fetch = fetched


def _commits(bomb: Bomb, original: Any) -> Any:
    @contextmanager
    def write(self: Database, *arguments: Any) -> Iterator[Connection]:
        caller = sys._getframe(2).f_code.co_name
        with original(self, *arguments) as connection:
            yield connection
            bomb.reach(f"{caller}: before commit")
        bomb.reach(f"{caller}: after commit")

    return write


def _append(file: Path, line: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)
