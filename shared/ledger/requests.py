"""What the operator asked for, and the owner of a strategy carries out."""

from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import Connection, bindparam, func, insert, select, update

from shared.database.prepared import Prepared
from shared.ledger.scripts import script_books
from shared.models import operator_requests, orders, positions, signals, strategy_metadata
from shared.trading import Status

_IS_OPEN = operator_requests.c.status == "open"
_ASKED = Prepared(
    select(operator_requests.c.request_id)
    .where(operator_requests.c.strategy_id == bindparam("strategy_id"), _IS_OPEN)
    .limit(1)
)
_FINISH = Prepared(update(operator_requests).where(operator_requests.c.strategy_id == bindparam("its_owner"), _IS_OPEN))


def request_flatten(connection: Connection, strategy_id: str, reason: str, now_us: int) -> bool:
    """Ask whoever runs the strategy to close its position; False if somebody has asked already."""
    if _ASKED.first(connection, strategy_id=strategy_id) is not None:
        return False
    connection.execute(
        insert(operator_requests).values(
            strategy_id=strategy_id,
            kind="flatten",
            status="open",
            reason=reason,
            requested_at_us=now_us,
            updated_at_us=now_us,
        )
    )
    return True


def flatten_wanted(connection: Connection, strategy_id: str) -> int | None:
    """The candle of the newest signal, which the order goes with, if the position shall be closed; None if not.

    0 if there was no signal ever: then there is no position either.
    """
    if _ASKED.first(connection, strategy_id=strategy_id) is None:
        return None
    newest = select(func.max(signals.c.candle)).where(signals.c.strategy_id == strategy_id)
    return connection.execute(newest).scalar() or 0


def finish_requests(connection: Connection, strategy_id: str, now_us: int) -> None:
    """The position is closed: what the operator asked for is done."""
    _FINISH.run(connection, its_owner=strategy_id, status="done", updated_at_us=now_us)


def withdraw_requests(connection: Connection, strategy_id: str | None, now_us: int) -> None:
    """What was asked for, of one strategy or of all, and not carried out yet, is not wanted any more."""
    whose = _IS_OPEN if strategy_id is None else _IS_OPEN & (operator_requests.c.strategy_id == strategy_id)
    values = {"status": "failed", "reason": "withdrawn: trading was resumed", "updated_at_us": now_us}
    connection.execute(update(operator_requests).where(whose).values(**values))


def unfinished(connection: Connection, strategy_ids: Collection[str]) -> set[str]:
    """Those of the strategies whose requests are not carried out yet."""
    query = select(operator_requests.c.strategy_id).where(operator_requests.c.strategy_id.in_(strategy_ids), _IS_OPEN)
    return set(connection.execute(query).scalars())


def not_flat(connection: Connection) -> set[str]:
    """The strategies that hold something, or have an order under way that may yet make them; no script's books."""
    holding = select(positions.c.strategy_id).where(positions.c.amount != Decimal(0))
    everybody = orders.c.strategy_id.in_(select(strategy_metadata.c.strategy_id))  # as the index serves it
    waiting = orders.c.status.in_([status.value for status in Status if not status.is_done])
    ordering = select(orders.c.strategy_id).where(everybody, waiting)
    of_scripts = {each.strategy_id for each in script_books(connection)}
    return set(connection.execute(holding.union(ordering)).scalars()) - of_scripts
