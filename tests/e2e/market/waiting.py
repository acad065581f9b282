"""Waiting for something to become true, with a deadline."""

import time
from collections.abc import Callable
from typing import Any


def until(what: str, found: Callable[[], Any], seconds: float) -> Any:
    """What `found` returns once that is true; asked again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.2)
    return result
