"""Trading states: of the desk and of each strategy; every change is kept in `state_changes`."""

from sqlalchemy import Connection, insert, select

from shared.database import dialect
from shared.models import state_changes, trading_states
from shared.trading import DESK, State, StateRow

_COLUMNS = ("scope", "state", "source", "reason")
_ROWS = select(*(trading_states.c[name] for name in _COLUMNS))


def state_of(connection: Connection, scope: str) -> StateRow:
    """What was set for one scope; active if nothing was."""
    row = connection.execute(_ROWS.where(trading_states.c.scope == scope)).one_or_none()
    return StateRow(row.scope, State(row.state), row.source, row.reason) if row else StateRow(scope)


def states_for(connection: Connection, strategy_id: str) -> list[StateRow]:
    """What holds for a strategy: the desk's state and its own."""
    return [state_of(connection, DESK), state_of(connection, strategy_id)]


def set_state(connection: Connection, new: StateRow, now_us: int) -> StateRow:
    """Set a state, and keep that it changed; returns what it was before."""
    old = state_of(connection, new.scope)
    statement = dialect.upsert(
        connection.dialect.name, trading_states, ("scope",), ("state", "source", "reason", "updated_at_us")
    )
    row = {"scope": new.scope, "state": new.state.value, "source": new.source, "reason": new.reason}
    connection.execute(statement, {**row, "updated_at_us": now_us})
    if (old.state, old.reason) != (new.state, new.reason):
        connection.execute(
            insert(state_changes).values(
                scope=new.scope,
                old_state=old.state.value,
                new_state=new.state.value,
                source=new.source,
                reason=new.reason,
                changed_at_us=now_us,
            )
        )
    return old
