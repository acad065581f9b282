"""`risk_marks`: what losses are measured against, for each strategy and each sum over the desk that has a limit."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, bindparam, delete, select

from shared.database import dialect
from shared.database.prepared import Prepared
from shared.models import risk_marks
from shared.trading import DESK, BrokerName, Mark

_COLUMNS = tuple(Mark.__dataclass_fields__)
_ROWS = select(*(risk_marks.c[name] for name in _COLUMNS))
_ONE = Prepared(_ROWS.where(risk_marks.c.scope == bindparam("scope")))


def desk_scope(broker: BrokerName, quote: str) -> str:
    """The sum over all strategies of one broker in one quote asset: play money is not added to real money."""
    return f"{DESK}{broker}/{quote}"


def mark(connection: Connection, scope: str) -> Mark | None:
    """One mark; None while it is not set."""
    row = _ONE.first(connection, scope=scope)
    return Mark(*row) if row else None


def marks(connection: Connection) -> dict[str, Mark]:
    """All marks by scope."""
    return {row.scope: Mark(*row) for row in connection.execute(_ROWS)}


def save_marks(connection: Connection, changed: Iterable[Mark]) -> None:
    """Set or move marks."""
    if rows := [asdict(each) for each in changed]:
        statement = dialect.upsert(connection.dialect.name, risk_marks, ("scope",), _COLUMNS[1:])
        connection.execute(statement, rows)


def forget_marks(connection: Connection, scope: str) -> None:
    """Let losses be measured from now on; of the desk all its sums are forgotten."""
    is_of_scope = risk_marks.c.scope.startswith(DESK, autoescape=True) if scope == DESK else risk_marks.c.scope == scope
    connection.execute(delete(risk_marks).where(is_of_scope))
