"""Faults, switched on and off at random on all exchanges at once."""

import threading
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

from shared.market import Interval
from tests.e2e.market.exchanges import SimulatedExchange

Fault = dict[str, Any]


class Made(NamedTuple):
    """A fault that was on, from when to when (ms)."""

    exchange: str
    kind: str
    time: Interval


#: Kind, how long it may last (seconds), how often it strikes, and what else it takes.
KINDS: tuple[tuple[str, float, float, Fault], ...] = (
    ("rate_limit", 3, 1.0, {}),
    ("ban", 6, 1.0, {}),
    ("server_error", 5, 0.5, {"status": 503}),
    ("drop", 5, 0.4, {}),
    ("lost_reply", 5, 0.4, {}),
    ("latency", 5, 1.0, {"ms": 700}),
    ("truncated", 5, 0.4, {}),
    ("unordered", 4, 0.5, {}),
    ("off_grid", 4, 0.3, {}),
    ("bad_rows", 4, 0.3, {}),
    ("garbage", 5, 0.4, {}),
    ("websocket_close", 4, 1.0, {}),
    ("late_candles", 6, 1.0, {"ms": 1500}),
)
LONGEST_PAUSE = 6.0


def drawn(dice: Random, exchange: str) -> Fault:
    """One fault: its kind, how long it lasts, and how often it strikes.

    Kraken's lockout says no time and means a quarter of an hour: it has a test of its own.
    """
    kinds = [kind for kind in KINDS if (exchange, kind[0]) != ("kraken", "ban")]
    kind, longest, share, more = dice.choice(kinds)
    return {"kind": kind, "seconds": round(dice.uniform(1, longest), 1), "share": share, **more}


class Trouble:
    """Makes trouble in a thread for each exchange until told to stop: one fault at a time, then a pause."""

    def __init__(self, found: Sequence[SimulatedExchange], seed: int) -> None:
        self._over = threading.Event()
        self.made: list[Made] = []
        self.failed: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(exchange, Random(f"{seed} {exchange.dialect.name}")))
            for exchange in found
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and let every fault that is still on run out."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.failed, self.failed

    def times(self, exchange: str, *kinds: str) -> list[Interval]:
        """When faults of these kinds were on."""
        return [made.time for made in self.made if made.exchange == exchange and made.kind in kinds]

    def _guarded(self, exchange: SimulatedExchange, dice: Random) -> None:
        try:
            self._make(exchange, dice)
        except BaseException as error:  # noqa: BLE001 - told by stop()
            self.failed.append(error)

    def _make(self, exchange: SimulatedExchange, dice: Random) -> None:
        pause: Callable[[float], bool] = self._over.wait
        while not pause(dice.uniform(0.5, LONGEST_PAUSE)):
            fault = drawn(dice, exchange.dialect.name)
            exchange.ask("/control/faults", fault)
            since = int(time.time() * 1000)
            self.made.append(
                Made(exchange.dialect.name, fault["kind"], Interval(since, since + int(fault["seconds"] * 1000)))
            )
            pause(fault["seconds"])
            exchange.read_log()
        exchange.ask("/control/faults", method="DELETE")
