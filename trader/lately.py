"""What counts against the limits, read from the ledger; what no limit asks for costs nothing."""

from decimal import Decimal

from sqlalchemy import Connection

from shared import ledger
from shared.config import RiskSettings
from shared.market import quote_of
from shared.trading import Books, Lately, Mark, OpenOrder, RecentTrade
from trader.risk import look_back_us
from trader.running import Running

MINUTE_US = 60_000_000


def own_lately(
    connection: Connection,
    running: Running,
    books: Books,
    waiting: tuple[OpenOrder, ...],
    price: Decimal | None,
    now_us: int,
) -> Lately:
    """The strategy's; worth and equity at `price`, or without one at what the position cost."""
    limits, position = running.limits, books.position
    entries = [each for each in waiting if each.order.is_entry]
    at_price = position.cost if price is None else position.amount * price
    return Lately(
        orders=_orders(connection, limits, running.id, now_us),
        trades=_trades(connection, limits, running.id, now_us),
        amount=position.amount + sum((each.left for each in entries), Decimal(0)),
        exposure=at_price + sum((each.left * (each.order.limit_price or price or 0) for each in entries), Decimal(0)),
        mark=_mark(connection, limits, running.id, None if price is None else books.equity(price)),
    )


def desk_lately(connection: Connection, running: Running, limits: RiskSettings, now_us: int) -> Lately:
    """Of all strategies that trade through the same broker; the equity is that of the last watch, a second ago."""
    amount = exposure = Decimal(0)
    if limits.max_position is not None or limits.max_exposure is not None:
        everything = ledger.held(connection), ledger.entering(connection)
        amount, exposure = ledger.on_the_desk(*everything, running.broker, running.series.symbol)
    return Lately(
        orders=_orders(connection, limits, None, now_us),
        trades=_trades(connection, limits, None, now_us),
        amount=amount,
        exposure=exposure,
        mark=_mark(connection, limits, ledger.desk_scope(running.broker, quote_of(running.series.symbol)), None),
    )


def _orders(connection: Connection, limits: RiskSettings, strategy_id: str | None, now_us: int) -> int:
    if limits.orders_per_minute is None:
        return 0
    return ledger.orders_since(connection, now_us - MINUTE_US, strategy_id)


def _trades(
    connection: Connection, limits: RiskSettings, strategy_id: str | None, now_us: int
) -> tuple[RecentTrade, ...]:
    back = look_back_us(limits)
    return ledger.trades_since(connection, now_us - back, strategy_id) if back else ()


def _mark(connection: Connection, limits: RiskSettings, scope: str, equity: Decimal | None) -> Mark | None:
    if limits.max_daily_loss is None and limits.max_drawdown is None:
        return None
    mark = ledger.mark(connection, scope)
    return mark if mark is None or equity is None else mark.at(equity)
