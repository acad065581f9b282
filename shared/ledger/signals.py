"""Signals and cursors: what was decided, and on which candle a strategy stands."""

from decimal import Decimal

from sqlalchemy import Connection, bindparam, insert, select, update

from shared.database.prepared import Prepared
from shared.models import signals, strategy_cursors
from shared.trading import Signal

_HERE = strategy_cursors.c.strategy_id == bindparam("id")
_CURSOR = Prepared(select(strategy_cursors.c.candle).where(_HERE))
_BEGIN = Prepared(insert(strategy_cursors))
_ADVANCE = Prepared(update(strategy_cursors).where(_HERE))
_RECORD = insert(signals)
_LEVELS = ("target", "limit_price", "stop_price", "take_profit")


def cursor(connection: Connection, strategy_id: str) -> int | None:
    """Open time (ms) of the newest candle the strategy has decided on."""
    found: int | None = _CURSOR.value(connection, id=strategy_id)
    return found


def advance(connection: Connection, strategy_id: str, candle: int, lease_token: int, now_us: int) -> bool:
    """Move the cursor on to `candle`; False, and nothing changes, if it already stands there or later.

    This is what makes a candle count once: whoever can't advance has nothing to decide.
    """
    stands = cursor(connection, strategy_id)
    if stands is not None and stands >= candle:
        return False
    row = {"candle": candle, "lease_token": lease_token, "updated_at_us": now_us}
    if stands is None:
        _BEGIN.run(connection, strategy_id=strategy_id, **row)
    else:
        _ADVANCE.run(connection, id=strategy_id, **row)
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
    row = {
        "strategy_id": strategy_id,
        "candle": candle,
        "side": signal.side.value,
        "size": signal.size if signal.flaw is None else Decimal(1),
        **(dict.fromkeys(_LEVELS) if signal.flaw else _levels(signal)),
        "price": price,
        "reason": signal.reason,
        "outcome": outcome,
        "lease_token": lease_token,
        "created_at_us": now_us,
    }
    connection.execute(_RECORD, row)


def _levels(signal: Signal) -> dict[str, Decimal | None]:
    return {
        "target": signal.target,
        "limit_price": signal.limit,
        "stop_price": signal.stop,
        "take_profit": signal.take_profit,
    }
