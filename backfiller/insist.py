"""Trying again, more and more patiently."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

import structlog

from shared.errors import RetryError

_FIRST_SECONDS, _LONGEST_SECONDS = 0.2, 20.0

T = TypeVar("T")
_log = structlog.get_logger()


async def insist(work: Callable[[], Awaitable[T]], attempts: int | None = None, seconds: float | None = None) -> T:
    """Do the work until no RetryError comes; for ever, or for so many attempts, or for about so long.

    The pauses double up to 20 s and are jittered, so that many who failed together don't come back together.
    Failures are warnings in the log; of work that has only so long, the last one is raised and told by who hears it.
    """
    start = time.monotonic()
    for attempt in count(1):
        try:
            return await work()
        except RetryError as error:
            pause = min(_FIRST_SECONDS * 2 ** min(attempt - 1, 10), _LONGEST_SECONDS) * random.uniform(0.5, 1.5)  # noqa: S311
            spent = time.monotonic() - start
            if attempt == attempts or (seconds is not None and spent + pause > seconds):
                raise
            log = _log.warning if seconds is None else _log.debug
            log("trying again", error=str(error), attempt=attempt, pause_seconds=round(pause, 2))
            await asyncio.sleep(pause)
    raise AssertionError
