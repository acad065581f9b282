"""What the drill reads in the live database, and of the exchange."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.clock import boot_id, boot_us
from tests.e2e.compose import CommandError, Stack

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Holding:
    """A strategy in a trader's hands: under which token, and in which container."""

    strategy_id: str
    token: int
    container: str


def query(stack: Stack, sql: str, *arguments: Any) -> list[list[Any]]:
    """Rows of the live database, read by a process of its own in the keeper's container."""
    rows: list[list[Any]] = json.loads(stack.python("keeper", _HERE / "inside_query.py", sql, json.dumps(arguments)))
    return rows


def truth(stack: Stack, symbol: str, timeframe: str, start: int, end: int) -> list[list[Any]]:
    """The exchange's candles in [start, end), ms UTC: timestamp, open, high, low, close, volume."""
    candles: list[list[Any]] = json.loads(
        stack.python("keeper", _HERE / "inside_truth.py", symbol, timeframe, str(start), str(end))
    )
    return candles


def holdings(stack: Stack) -> dict[str, Holding]:
    """The strategies that are held now, by id. An owner's name ends in its host's: the container's short id."""
    held = "SELECT strategy_id, token, owner FROM leases WHERE owner IS NOT NULL AND expires_us > ? AND boot_id = ?"
    rows = query(stack, held, boot_us(), boot_id())
    traders = stack.containers("trader", stopped=True)
    return {
        strategy_id: Holding(strategy_id, token, next(c for c in traders if c.startswith(owner.split("@")[1])))
        for strategy_id, token, owner in rows
    }


def held_anew(stack: Stack, former: Holding) -> Holding | None:
    """Who holds the strategy now, if it is somebody else than before."""
    now = holdings(stack).get(former.strategy_id)
    return now if now and now.token > former.token and now.container != former.container else None


def decided(stack: Stack, strategy_id: str, token: int) -> int | None:
    """The newest candle that was decided on under this token or a later one; None if none was."""
    cursor = "SELECT candle FROM strategy_cursors WHERE strategy_id = ? AND lease_token >= ?"
    rows = query(stack, cursor, strategy_id, token)
    return int(rows[0][0]) if rows else None


def written_under(stack: Stack, former: Holding) -> list[list[Any]]:
    """Every signal, order and trade that a strategy wrote up to this token."""
    return query(
        stack,
        """SELECT 'signal', CAST(candle AS TEXT) FROM signals WHERE strategy_id = ?1 AND lease_token <= ?2
        UNION ALL SELECT 'order', client_order_id FROM orders WHERE strategy_id = ?1 AND lease_token <= ?2
        UNION ALL SELECT 'trade', trade_id FROM trades WHERE strategy_id = ?1 AND lease_token <= ?2 ORDER BY 1, 2""",
        former.strategy_id,
        former.token,
    )


@contextmanager
def paused_between_commits(stack: Stack, container: str) -> Iterator[None]:
    """Pause a container while it does not hold the database's one write lock, which would stop everybody."""
    for _ in range(10):
        with stack.paused(container):
            if _is_writable(stack):
                yield
                return
    raise AssertionError(f"{container[:12]} was met inside a transaction ten times")


def _is_writable(stack: Stack) -> bool:
    try:
        query(stack, "BEGIN IMMEDIATE")
    except CommandError:
        return False
    return True
