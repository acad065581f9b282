"""Reading the overview: bookkeeping rows and indexes only, no candle."""

from sqlalchemy import Connection, Table, func, select

from shared.candles import SeriesStatus, latest_ticker, series_statuses
from shared.candles.exchanges import ExchangeStatus, exchange_statuses
from shared.database import lease_time
from shared.ledger import HAS_MARKET, books, leases_of, newest_outcome, state_of, states_for
from shared.market import Series
from shared.models import signals, strategy_metadata, trades
from shared.overview.trades import latest_trades
from shared.overview.views import ExchangeView, Overview, SeriesView, StrategyView, exchange_state, lag, state
from shared.trading import DESK, State, effective

_COLUMNS = ("strategy_id", "strategy_name", "exchange", "symbol", "timeframe", "broker")
_STRATEGIES = (
    select(*(strategy_metadata.c[name] for name in _COLUMNS))
    .where(HAS_MARKET)
    .order_by(strategy_metadata.c.strategy_id)
)


def overview(connection: Connection, now_ms: int, boot_us: int, boot_id: str, trades_shown: int = 12) -> Overview:
    """The state of everything at `now_ms`; `boot_us` and `boot_id` (shared.clock) tell which exchanges cool down."""
    return Overview(
        at_ms=now_ms,
        series=tuple(series_view(status, now_ms) for status in series_statuses(connection)),
        strategies=tuple(_strategies(connection)),
        latest_trades=tuple(latest_trades(connection, trades_shown)),
        exchanges=tuple(exchange_view(each, now_ms, boot_us, boot_id) for each in exchange_statuses(connection)),
        desk=state_of(connection, DESK),
    )


def series_view(status: SeriesStatus, now_ms: int) -> SeriesView:
    """A series as an operator sees it at `now_ms`."""
    step = status.series.step
    lag_ms = lag(status.watermark, step, now_ms)
    return SeriesView(
        series=status.series,
        state=state(status.status, lag_ms, step),
        reason=status.reason,
        first=status.first,
        watermark=status.watermark,
        lag_ms=lag_ms,
        candles=status.candles,
        gaps=max(0, status.intervals - 1),
        refused=status.refused,
    )


def exchange_view(status: ExchangeStatus, now_ms: int, boot_us: int, boot_id: str) -> ExchangeView:
    """An exchange as an operator sees it at `now_ms`."""
    cooldown_ms = int(status.cooldown_left(now_ms * 1_000, boot_us, boot_id) * 1_000)
    state = exchange_state(status.status, cooldown_ms)
    reasons = {"stopped": status.reason, "cooling": status.cooldown_reason}
    return ExchangeView(status.exchange, state, reasons.get(state, ""), cooldown_ms, status.clock_offset_ms)


def _strategies(connection: Connection) -> list[StrategyView]:
    rows = connection.execute(_STRATEGIES).all()
    leases = leases_of(connection, [row.strategy_id for row in rows])
    now = lease_time(connection)
    owners = {lease.strategy_id: lease.owner for lease in leases if lease.is_held(*now)}
    decided, executed = _counts(connection, signals), _counts(connection, trades)
    views = []
    for strategy_id, name, exchange, symbol, timeframe, broker in rows:
        state = effective(states_for(connection, strategy_id))
        held = books(connection, strategy_id, exchange, symbol)
        ticker = latest_ticker(connection, exchange, symbol)
        views.append(
            StrategyView(
                strategy_id=strategy_id,
                strategy_name=name,
                series=Series(exchange, symbol, timeframe),
                status=state.state.value,
                reason=state.reason,
                owner=owners.get(strategy_id),
                signals=decided.get(strategy_id, 0),
                trades=executed.get(strategy_id, 0),
                cash=held.cash,
                position=held.position,
                mark=ticker.bid if ticker else None,
                source="desk" if state.scope == DESK and state.state is not State.ACTIVE else state.source,
                outcome=newest_outcome(connection, strategy_id),
                broker=broker,
            )
        )
    return views


def _counts(connection: Connection, table: Table) -> dict[str, int]:
    query = select(table.c.strategy_id, func.count().label("rows")).group_by(table.c.strategy_id)
    return {row.strategy_id: row.rows for row in connection.execute(query)}
