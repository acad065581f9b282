"""What a process asks of its database, as shared.database.timing tells it: all is counted, and what is slow is logged.

A statement's text is kept, never its values. What that costs: docs/diagnostics.md.
"""

import logging
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine

from shared.config import DatabaseSettings

_log = logging.getLogger(__name__)
#: The clock that all of this is measured on.
now_ns = time.perf_counter_ns
_MS = 1_000_000
_TEXTS, _OTHERS = 500, "(statements of other texts)"
_LETTERS = 400
_WAITS = 1_000
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_ROOT = str(Path(__file__).parents[2]) + "/"
#: Code between a caller and the driver: who is asked for is whoever stands behind it.
_BETWEEN = ("/sqlalchemy/", "/contextlib.py", f"{_ROOT}shared/database/")


@dataclass(frozen=True)
class Slow:
    """From how many milliseconds on something is logged as slow; 0: never."""

    statement_ms: int = 0
    transaction_ms: int = 0


NEVER = Slow()


def slow_of(settings: DatabaseSettings) -> Slow:
    """As it is configured."""
    return Slow(settings.slow_statement_ms, settings.slow_transaction_ms)


@dataclass(frozen=True)
class Statement:
    """How often a statement ran, and how long: altogether and at worst."""

    statement: str
    runs: int
    total_ms: float
    worst_ms: float


@dataclass(frozen=True)
class Pool:
    """How many connections are open, how many of them at work, and how many there may be."""

    open: int
    in_use: int
    most: int


@dataclass(frozen=True)
class Figures:
    """What a process asked of its database since it began. Waits are those of its newest thousand write transactions.

    `cache_hits` and `cache_misses` are of our own caches of answers: SQLite's cache of pages tells nobody.
    """

    connections: dict[str, Pool]
    statements: int
    transactions: int
    rolled_back: int
    slow_statements: int
    slow_transactions: int
    lock_waits: int
    lock_wait_p50_us: int | None
    lock_wait_p99_us: int | None
    cache_hits: int
    cache_misses: int
    slowest: list[Statement]


class Tally:
    """What the connections of one pool did."""

    def __init__(self, role: str = "", slow: Slow = NEVER) -> None:
        self.role = role
        self.texts: dict[str, list[int]] = {}
        self.transactions = self.rolled_back = self.slow_statements = self.slow_transactions = 0
        self.waits: deque[int] = deque(maxlen=_WAITS)
        self._statement_ns = slow.statement_ms * _MS or sys.maxsize
        self._transaction_ns = slow.transaction_ms * _MS or sys.maxsize

    def ran(self, text: str, took_ns: int, runs: int) -> None:
        """A statement ended, or the rest of its rows was found, which is no run of its own (0)."""
        try:
            seen = self.texts[text]
        except KeyError:
            seen = self._kept(text)
        seen[0] += runs
        seen[1] += took_ns
        if took_ns > seen[2]:  # noqa: PLR1730 - max() takes as long as all of the above
            seen[2] = took_ns
        if took_ns >= self._statement_ns:
            self._tell(text, took_ns)

    def ended(self, asked_ns: int, got_ns: int, end_ns: int, outcome: str) -> None:
        """A transaction, which was asked for, was begun, and is `committed` or `rolled back` now."""
        now = now_ns()
        self.transactions += 1
        self.rolled_back += outcome != "committed"
        if now - asked_ns >= self._transaction_ns:
            self.slow_transactions += 1
            parts = {"waited_ms": got_ns - asked_ns, "worked_ms": end_ns - got_ns, "ended_ms": now - end_ns}
            told = {"ms": (now - asked_ns) // _MS, "outcome": outcome, **self._who()}
            told |= {name: took // _MS for name, took in parts.items()}
            _warn(
                "slow transaction: {ms} ms by {who}, {outcome}: waited {waited_ms} ms to begin, worked {worked_ms} ms,"
                " ended in {ended_ms} ms",
                told,
            )

    def _kept(self, text: str) -> list[int]:
        return self.texts.setdefault(text if len(self.texts) < _TEXTS else _OTHERS, [0, 0, 0])

    def _tell(self, text: str, took_ns: int) -> None:
        self.slow_statements += 1
        told = {"ms": took_ns // _MS, "statement": readable(text), **self._who()}
        _warn("slow statement: {ms} ms by {who}: {statement}", told)

    def _who(self) -> dict[str, Any]:
        return {"who": caller(sys._getframe()), "role": self.role, "thread": threading.current_thread().name}


@dataclass
class Watch:
    """The tallies of a process's pools on one database."""

    cache_hits: int = 0
    cache_misses: int = 0
    _pools: list[tuple[Tally, Engine]] = field(default_factory=list, repr=False)

    def over(self, engine: Engine, tally: Tally) -> None:
        """Count what a pool's connections do."""
        self._pools.append((tally, engine))

    def figures(self, most: int = 10) -> Figures:
        """Up to now, with so many of the slowest statements; from any thread."""
        tallies = [tally for tally, _ in self._pools]
        texts = [(text, list(seen)) for tally in tallies for text, seen in list(tally.texts.items())]
        waits = sorted(wait for tally in tallies for wait in list(tally.waits))
        return Figures(
            connections={tally.role: _pool(engine) for tally, engine in self._pools},
            statements=sum(seen[0] for _, seen in texts),
            transactions=sum(tally.transactions for tally in tallies),
            rolled_back=sum(tally.rolled_back for tally in tallies),
            slow_statements=sum(tally.slow_statements for tally in tallies),
            slow_transactions=sum(tally.slow_transactions for tally in tallies),
            lock_waits=len(waits),
            lock_wait_p50_us=_quantile_us(waits, 0.5),
            lock_wait_p99_us=_quantile_us(waits, 0.99),
            cache_hits=self.cache_hits,
            cache_misses=self.cache_misses,
            slowest=slowest(texts, most),
        )


def slowest(texts: Iterable[tuple[str, Sequence[int]]], most: int) -> list[Statement]:
    """Those with the worst single run first; one text on several connections is one statement."""
    merged: dict[str, list[int]] = {}
    for text, (runs, total, worst) in texts:
        seen = merged.setdefault(text, [0, 0, 0])
        seen[:] = seen[0] + runs, seen[1] + total, max(seen[2], worst)
    first = sorted(merged.items(), key=lambda item: -item[1][2])[:most]
    return [Statement(readable(text), runs, total / _MS, worst / _MS) for text, (runs, total, worst) in first]


def readable(text: str) -> str:
    """A statement on one line of bounded length, and without what it quotes: that may be anybody's."""
    line = " ".join(_LITERAL.sub("'...'", text).split())
    return line if len(line) <= _LETTERS else f"{line[:_LETTERS]} ..."


def caller(frame: FrameType | None) -> str:
    """Who asked, as `trader/closing.py:88 close`: the innermost code outside the database's own. Slow; for the slow."""
    while frame and any(part in frame.f_code.co_filename for part in _BETWEEN):
        frame = frame.f_back
    if frame is None:
        return "unknown"
    return f"{frame.f_code.co_filename.removeprefix(_ROOT)}:{frame.f_lineno} {frame.f_code.co_name}"


def _warn(sentence: str, told: dict[str, Any]) -> None:
    _log.warning(sentence.format(**told), extra={"told": told})


def _pool(engine: Engine) -> Pool:
    pool: Any = engine.pool
    in_use: int = pool.checkedout()
    return Pool(in_use + pool.checkedin(), in_use, pool.size())


def _quantile_us(ordered: Sequence[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] // 1_000 if ordered else None
