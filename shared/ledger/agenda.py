"""What there is to do for each strategy, asked in one statement for all that a replica holds."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, and_, exists, select

from shared.models import (
    operator_requests,
    orders,
    positions,
    protections,
    series_status,
    strategy_cursors,
    strategy_metadata,
    trading_states,
)
from shared.trading import Status

_ID = strategy_metadata.c.strategy_id
_SERIES = [strategy_metadata.c[name] == series_status.c[name] for name in ("exchange", "symbol", "timeframe")]
_AGENDA = (
    select(
        _ID,
        strategy_cursors.c.candle,
        series_status.c.watermark,
        trading_states.c.source.in_(("strategy", "reconciliation")) & (trading_states.c.state != "active"),
        exists().where(
            orders.c.strategy_id == _ID, orders.c.status.in_([each.value for each in Status if not each.is_done])
        ),
        exists().where(
            protections.c.strategy_id == _ID,
            protections.c.stop_price.is_not(None) | protections.c.take_profit.is_not(None),
        )
        | exists().where(operator_requests.c.strategy_id == _ID, operator_requests.c.status == "open"),
        exists().where(positions.c.strategy_id == _ID, positions.c.amount != Decimal(0)),
    )
    .select_from(strategy_metadata)
    .outerjoin(strategy_cursors, strategy_cursors.c.strategy_id == _ID)
    .outerjoin(series_status, and_(*_SERIES))
    .outerjoin(trading_states, trading_states.c.scope == _ID)
)


@dataclass(frozen=True)
class Agenda:
    """One strategy's: candles (ms) it stands on and could, whether its code may not be asked, what is open."""

    strategy_id: str
    cursor: int | None
    watermark: int | None
    is_distrusted: bool
    has_orders: bool
    is_watched: bool
    has_position: bool

    @property
    def is_due(self) -> bool:
        """Whether a closed candle waits for its decision."""
        return self.watermark is not None and (self.cursor is None or self.watermark > self.cursor)

    def next_alone(self, step: int) -> list[int]:
        """The candle that waits, if it is the very next one: then nobody need ask which ones do. `step` in ms."""
        if self.cursor is None or self.watermark != self.cursor + step:
            return []
        return [self.watermark]


def agendas(connection: Connection, strategy_ids: Collection[str]) -> list[Agenda]:
    """The agendas of the named strategies."""
    rows = connection.execute(_AGENDA.where(_ID.in_(strategy_ids)).order_by(_ID))
    return [Agenda(*row[:3], *(bool(flag) for flag in row[3:])) for row in rows]
