"""The record of what was moved out of the database or deleted, when, by which policy, and to which file.

A line is written in the transaction that makes it true, and never changed: `chandler tiers moves` shows them.
"""

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from shared.archive.place import Month, month_file
from shared.market import Series
from shared.models import ohlcv_data, tier_moves


class Move(NamedTuple):
    """A line. `path` is relative to the archive, `first_us` and `last_us` are of the oldest and newest row."""

    action: str
    policy: str
    table_name: str
    from_tier: str
    to_tier: str
    rows: int
    first_us: int | None
    last_us: int | None
    path: str
    sha256: str
    reason: str
    moved_at_us: int


_RECORD = insert(tier_moves)
_MOVES = select(*(tier_moves.c[name] for name in Move._fields)).order_by(tier_moves.c.move_id)


def record(connection: Connection, move: Move) -> None:
    """Add a line."""
    connection.execute(_RECORD, move._asdict())


def moves(connection: Connection) -> list[Move]:
    """All lines, oldest first."""
    return [Move(*row) for row in connection.execute(_MOVES)]


def month_move(
    action: str,
    series: Series,
    month: Month,
    *,
    policy: str,
    tiers: tuple[str, str],
    rows: int,
    ends_ms: tuple[int | None, int | None],
    sha256: str,
    reason: str,
    now_us: int,
) -> Move:
    """What happened to a month of candles; `tiers` are from where to where, `ends_ms` its first and last candle."""
    first, last = (None if end is None else end * 1_000 for end in ends_ms)
    path = month_file(Path(), series, month).as_posix()
    return Move(action, policy, ohlcv_data.name, *tiers, rows, first, last, path, sha256, reason, now_us)
