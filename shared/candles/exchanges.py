"""`exchange_status`: until when an exchange wants no requests, how far its clock is off, and whether it lets us in.

One row for each exchange, for all processes: whoever was told "too many requests" tells everybody.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from shared.clock import boot_id, boot_us, now_us
from shared.database import Database
from shared.database.prepared import Prepared
from shared.errors import RetryError
from shared.models import exchange_status

_FRESH = {
    "status": "collecting",
    "reason": "",
    "cooldown_until_us": 0,
    "cooldown_until_boot_us": 0,
    "boot_id": "",
    "cooldown_reason": "",
}
_COLUMNS = exchange_status.c
_THIS = _COLUMNS.exchange == bindparam("its_exchange")
_COOLDOWN = select(_COLUMNS.cooldown_until_us, _COLUMNS.cooldown_until_boot_us, _COLUMNS.boot_id).where(_THIS)
_ALL = select(exchange_status).order_by(_COLUMNS.exchange)
_ONE = Prepared(select(exchange_status).where(_THIS))
_US = 1_000_000


@dataclass(frozen=True)
class ExchangeStatus:
    """One exchange. The clock offset (ms) is positive where the exchange is ahead of this host; None: not measured."""

    exchange: str
    status: str
    reason: str
    cooldown_until_us: int
    cooldown_until_boot_us: int
    boot_id: str
    cooldown_reason: str
    clock_offset_ms: int | None
    clock_measured_at_us: int | None
    updated_at_us: int

    def cooldown_left(self, now_us: int, boot_us: int, boot_id: str) -> float:
        """Seconds until requests are allowed again; 0: now.

        On the boot clock where it was shut, so that a wall clock that is set does not open it; else on the wall clock.
        """
        return _left(self.cooldown_until_us, self.cooldown_until_boot_us, self.boot_id, now_us, boot_us, boot_id)


def exchange_statuses(connection: Connection) -> list[ExchangeStatus]:
    """All exchanges that something is known of, by name."""
    return [ExchangeStatus(*row) for row in connection.execute(_ALL)]


def read_exchange(connection: Connection, exchange: str) -> ExchangeStatus | None:
    """One exchange; None if nothing is known of it yet."""
    row = _ONE.first(connection, its_exchange=exchange)
    return ExchangeStatus(*row) if row else None


def cooldown_left(connection: Connection, exchange: str, now_us: int, boot_us: int, boot_id: str) -> float:
    """Seconds until the exchange may be asked again; 0: now."""
    row = connection.execute(_COOLDOWN, {"its_exchange": exchange}).first()
    if row is None:
        return 0.0
    until_us, until_boot_us, its_boot = row
    return _left(until_us, until_boot_us, its_boot, now_us, boot_us, boot_id)


def note_cooldown(
    connection: Connection, exchange: str, seconds: float, reason: str, now_us: int, boot_us: int, boot_id: str
) -> None:
    """Let nobody ask the exchange for so long. One that runs already is never made shorter."""
    if cooldown_left(connection, exchange, now_us, boot_us, boot_id) < seconds:
        more = int(seconds * _US)
        ends = {"cooldown_until_us": now_us + more, "cooldown_until_boot_us": boot_us + more, "boot_id": boot_id}
        _change(connection, exchange, {**ends, "cooldown_reason": reason}, now_us)


def note_clock(connection: Connection, exchange: str, offset_ms: int, now_us: int) -> None:
    """Record how far the exchange's clock is ahead of this host's."""
    _change(connection, exchange, {"clock_offset_ms": offset_ms, "clock_measured_at_us": now_us}, now_us)


def stop_exchange(connection: Connection, exchange: str, reason: str, now_us: int) -> None:
    """Record that the exchange lets us in no longer, and why."""
    _change(connection, exchange, {"status": "stopped", "reason": reason}, now_us)


def resume_exchange(connection: Connection, exchange: str, now_us: int) -> None:
    """Record that it does."""
    _change(connection, exchange, {"status": "collecting", "reason": ""}, now_us)


class StoredGate:
    """The gate of an exchange (see `shared.exchange.Gate`) that every process on this database looks at.

    It is read before each request, 0.02 ms. While it can't be written or read it holds for this process, at least, and
    is written as soon as that is possible.
    """

    def __init__(self, database: Database, exchange: str) -> None:
        self._database = database
        self._exchange = exchange
        self._opens_us = 0
        self._unwritten = ""

    def left(self) -> float:
        """Seconds until requests are allowed; 0 or less: now."""
        own = (self._opens_us - boot_us()) / _US
        if self._unwritten and own > 0:
            self._write(own)
        try:
            row = self._database.peek(_COOLDOWN, {"its_exchange": self._exchange})
        except RetryError:
            return own
        if row is None:
            return own
        until_us, until_boot_us, its_boot = row
        return max(own, _left(until_us, until_boot_us, its_boot, now_us(), boot_us(), boot_id()))

    def shut(self, seconds: float, reason: str) -> None:
        """Let nobody through for so long."""
        self._opens_us = max(self._opens_us, boot_us() + int(seconds * _US))
        self._unwritten = reason
        self._write(seconds)

    def _write(self, seconds: float) -> None:
        try:
            with self._database.write() as connection:
                note_cooldown(connection, self._exchange, seconds, self._unwritten, now_us(), boot_us(), boot_id())
        except RetryError:
            return
        self._unwritten = ""


def _left(until_us: int, until_boot_us: int, its_boot: str, now_us: int, boot_us: int, boot_id: str) -> float:
    left = until_boot_us - boot_us if its_boot == boot_id else until_us - now_us
    return max(left, 0) / _US


def _change(connection: Connection, exchange: str, values: dict[str, Any], now_us: int) -> None:
    """Update, or else insert: the write lock is held, so nobody comes in between."""
    changed = {**values, "updated_at_us": now_us}
    if not connection.execute(update(exchange_status).where(_COLUMNS.exchange == exchange).values(changed)).rowcount:
        connection.execute(insert(exchange_status), {**_FRESH, **changed, "exchange": exchange})
