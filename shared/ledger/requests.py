"""What the operator asked for, and the owner of a strategy carries out."""

from sqlalchemy import Connection, func, insert, select, update

from shared.models import operator_requests, signals


def request_flatten(connection: Connection, strategy_id: str, reason: str, now_us: int) -> None:
    """Ask whoever runs the strategy to close its position."""
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


def flatten_wanted(connection: Connection, strategy_id: str) -> int | None:
    """The candle of the newest signal, which the order goes with, if the position shall be closed; None if not.

    0 if there was no signal ever: then there is no position either.
    """
    asked = select(operator_requests.c.request_id).where(
        operator_requests.c.strategy_id == strategy_id, operator_requests.c.status == "open"
    )
    if connection.execute(asked.limit(1)).scalar() is None:
        return None
    newest = select(func.max(signals.c.candle)).where(signals.c.strategy_id == strategy_id)
    return connection.execute(newest).scalar() or 0


def finish_requests(connection: Connection, strategy_id: str, now_us: int) -> None:
    """The position is closed: what the operator asked for is done."""
    connection.execute(
        update(operator_requests)
        .where(operator_requests.c.strategy_id == strategy_id, operator_requests.c.status == "open")
        .values(status="done", updated_at_us=now_us)
    )
