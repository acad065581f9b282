"""Trading states: of the desk and of each strategy; every change is kept in `state_changes`."""

from sqlalchemy import Connection, bindparam, insert, literal, select

from shared.database.prepared import Prepared
from shared.ledger.rows import put
from shared.models import state_changes, trading_states
from shared.trading import DESK, State, StateRow

_COLUMNS = ("scope", "state", "source", "reason")
_ROWS = select(*(trading_states.c[name] for name in _COLUMNS))
_OF_STRATEGY = Prepared(
    _ROWS.where(trading_states.c.scope.in_((literal(DESK), bindparam("strategy_id")))).order_by(trading_states.c.scope)
)


def state_of(connection: Connection, scope: str) -> StateRow:
    """What was set for one scope; active if nothing was."""
    row = connection.execute(_ROWS.where(trading_states.c.scope == scope)).one_or_none()
    return StateRow(row.scope, State(row.state), row.source, row.reason) if row else StateRow(scope)


def states_for(connection: Connection, strategy_id: str) -> list[StateRow]:
    """What was set for the desk and for the strategy; nothing where nothing was."""
    rows = _OF_STRATEGY.rows(connection, strategy_id=strategy_id)
    return [StateRow(scope, State(state), source, reason) for scope, state, source, reason in rows]


def states_of_strategies(connection: Connection) -> list[StateRow]:
    """What holds strategies back one by one, by id; the desk's state is another matter."""
    query = _ROWS.where(trading_states.c.scope != DESK, trading_states.c.state != State.ACTIVE.value)
    rows = connection.execute(query.order_by(trading_states.c.scope))
    return [StateRow(scope, State(state), source, reason) for scope, state, source, reason in rows]


def set_state(connection: Connection, new: StateRow, now_us: int) -> StateRow:
    """Set a state, and keep that it changed; returns what it was before."""
    old = state_of(connection, new.scope)
    row = {"state": new.state.value, "source": new.source, "reason": new.reason, "updated_at_us": now_us}
    put(connection, trading_states, {"scope": new.scope}, row)
    if old != new:
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


def tighten(connection: Connection, new: StateRow, now_us: int) -> StateRow:
    """Set a state unless one as strict stands already, which keeps its reason; returns what holds now."""
    old = state_of(connection, new.scope)
    if old.state.rank >= new.state.rank:
        return old
    set_state(connection, new, now_us)
    return new
