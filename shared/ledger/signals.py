"""Signals and cursors: what was decided, and on which candle a strategy stands."""

from decimal import Decimal

from sqlalchemy import Connection, insert, select, update

from shared.models import signals, strategy_cursors
from shared.trading import Signal

_LEVELS = ("target", "limit_price", "stop_price", "take_profit")


def cursor(connection: Connection, strategy_id: str) -> int | None:
    """Open time (ms) of the newest candle the strategy has decided on."""
    query = select(strategy_cursors.c.candle).where(strategy_cursors.c.strategy_id == strategy_id)
    return connection.execute(query).scalar()


def advance(connection: Connection, strategy_id: str, candle: int, lease_token: int, now_us: int) -> bool:
    """Move the cursor on to `candle`; False, and nothing changes, if it already stands there or later.

    This is what makes a candle count once: whoever can't advance has nothing to decide.
    """
    row = {"candle": candle, "lease_token": lease_token, "updated_at_us": now_us}
    here = strategy_cursors.c.strategy_id == strategy_id
    moved = connection.execute(update(strategy_cursors).where(here, strategy_cursors.c.candle < candle).values(**row))
    if moved.rowcount:
        return True
    if cursor(connection, strategy_id) is not None:
        return False
    connection.execute(insert(strategy_cursors).values(strategy_id=strategy_id, **row))
    return True


def record(
    connection: Connection,
    strategy_id: str,
    candle: int,
    signal: Signal,
    *,
    price: float,
    outcome: str,
    lease_token: int,
    now_us: int,
) -> None:
    """Keep a signal and what became of it: `ordered`, or why it was refused. One for each candle.

    Of a signal whose numbers are nonsense only side and reason are kept; the outcome names the nonsense.
    """
    connection.execute(
        insert(signals).values(
            strategy_id=strategy_id,
            candle=candle,
            side=signal.side.value,
            size=signal.size if signal.flaw is None else Decimal(1),
            **(dict.fromkeys(_LEVELS) if signal.flaw else _levels(signal)),
            price=price,
            reason=signal.reason,
            outcome=outcome,
            lease_token=lease_token,
            created_at_us=now_us,
        )
    )


def _levels(signal: Signal) -> dict[str, Decimal | None]:
    return {
        "target": signal.target,
        "limit_price": signal.limit,
        "stop_price": signal.stop,
        "take_profit": signal.take_profit,
    }
