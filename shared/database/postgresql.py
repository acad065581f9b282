"""PostgreSQL: its connections, the lock that takes the place of SQLite's, its clock, its complaints.

Why each: docs/decisions/0025-postgresql.md.
"""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import ConnectionPoolEntry

from shared.database.limits import Limits
from shared.database.watch import Tally, now_ns
from shared.errors import ChandlerError, ConfigError, RetryError, StopError

#: A lock of this database's own; the server hands it on in the order of asking.
_TAKE_TURN = f"SELECT pg_advisory_xact_lock({int.from_bytes(b'chandler')})"
_BEGUN = "begun"
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

#: How long a writer may pause within a transaction before the server ends it: all others wait for its locks.
_PAUSE_MS = 5_000
#: A server whose host is gone is given up after about ten seconds.
_NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

#: SQLSTATE, or its class, https://www.postgresql.org/docs/current/errcodes-appendix.html: what it means.
_MEANINGS: dict[str, tuple[type[ChandlerError], str]] = {
    "08": (RetryError, "the connection to {name} broke: {told}; trying again later"),
    "25006": (StopError, "{name} is read-only for what was tried: on a standby, point database.url at the primary"),
    "25P03": (RetryError, "a transaction on {name} paused too long and was undone; trying again later"),
    "28": (StopError, "{name} refuses this user: {told}"),
    "3D000": (StopError, "{name} does not exist: make it with `createdb`, then run `python schema.py`"),
    "40": (RetryError, "{name} undid a transaction that clashed with another one; trying again later"),
    "42501": (StopError, "{name} does not let this user do that: {told}; grant it the schema's tables"),
    "42P01": (StopError, "{name} has no tables yet: run `python schema.py`"),
    "53": (RetryError, "{name} lacks room or connections: {told}; nothing was half-written"),
    "55P03": (RetryError, "{name} is locked by another writer for too long; trying again later"),
    "57014": (RetryError, "a read of {name} took longer than database.query_timeout_ms: ask for less, or raise it"),
    "57": (RetryError, "{name} broke off: {told}; trying again later"),
    "58": (RetryError, "the disk under {name} fails: {told}"),
    "XX": (StopError, "{name} is damaged: {told}; stop all services and look at the server's log"),
}
#: What a server says that turns a connection away for good; it comes without an SQLSTATE.
_REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied", "no password")


def open_engine(url: str, durability: str, limits: Limits, tally: Tally, *, read_only: bool, **pool: Any) -> Engine:
    """An engine whose readers have one steady view each, and whose writers take turns. ConfigError without psycopg."""
    settings = {
        "lock_timeout": max(1, limits.busy_timeout_ms),  # 0 would be for ever
        "synchronous_commit": "on" if durability == "full" else "off",
        "default_transaction_isolation": "repeatable\\ read" if read_only else "read\\ committed",
        "default_transaction_read_only": "on" if read_only else "off",
        "statement_timeout": limits.query_timeout_ms if read_only else 0,
        "idle_in_transaction_session_timeout": 0 if read_only else _PAUSE_MS,
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    try:
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            connect_args={"application_name": "chandler", "options": options, **_NETWORK},
            **pool,
        )
    except ModuleNotFoundError:
        raise ConfigError("database.url names PostgreSQL: install what requirements/postgres.lock names") from None
    _prepare(engine, tally, read_only=read_only)
    return engine


def _prepare(engine: Engine, tally: Tally, *, read_only: bool) -> None:
    """Have writers take turns, and all that the connections do counted; a commit itself is not in it."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: ConnectionPoolEntry) -> None:
        connection.cursor_factory = _timed_cursor(tally)

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        asked = now_ns()
        if not read_only:
            connection.exec_driver_sql(_TAKE_TURN)
            tally.waits.append(now_ns() - asked)
        connection.info[_BEGUN] = asked, now_ns()

    @event.listens_for(engine, "commit")
    def committed(connection: Connection) -> None:
        _ended(connection, tally, "committed")

    @event.listens_for(engine, "rollback")
    def rolled_back(connection: Connection) -> None:
        _ended(connection, tally, "rolled back")


def _ended(connection: Connection, tally: Tally, outcome: str) -> None:
    if begun := connection.info.pop(_BEGUN, None):  # none where no turn was to be had
        asked, got = begun
        tally.ended(asked, got, now_ns(), outcome)


def _timed_cursor(tally: Tally) -> Any:
    from psycopg import Cursor  # noqa: PLC0415

    class Timed(Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            begin = now_ns()
            super().execute(query, params, **how)
            tally.ran(str(query), now_ns() - begin, 1)
            return self

        def executemany(self, query: Any, params_seq: Any, **how: Any) -> None:
            begin = now_ns()
            super().executemany(query, params_seq, **how)
            tally.ran(str(query), now_ns() - begin, 1)

    return Timed


def lease_time(connection: Connection) -> int:
    """The server's clock in this moment, microseconds."""
    return int(connection.exec_driver_sql(_NOW).scalar_one())


def explain(complaint: Any, name: str) -> ChandlerError | None:
    """What a complaint of psycopg's means for the caller; None if it is a mistake in our own statement."""
    from psycopg import OperationalError  # noqa: PLC0415 - whoever complains has loaded it

    told = " ".join(str(complaint).split())
    state: str | None = complaint.sqlstate
    if state is None:
        if not isinstance(complaint, OperationalError):
            return None
        if any(refusal in told for refusal in _REFUSALS):
            return StopError(f"{name} refuses the connection: {told}")
        return RetryError(f"{name} can't be reached: {told}; trying again later")
    kind, meaning = next((_MEANINGS[each] for each in (state, state[:2]) if each in _MEANINGS), (None, ""))
    return kind(meaning.format(name=name, told=told)) if kind else None
