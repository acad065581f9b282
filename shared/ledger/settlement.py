"""What moves the books: deposits, and what a broker reports of an order."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from shared.database.prepared import Prepared
from shared.errors import RepairError
from shared.ledger.balances import DEPOSIT, hold, latest_balance, record_balances
from shared.ledger.books import books, save_position
from shared.ledger.equity import enter_equity
from shared.ledger.orders import known, move
from shared.market import base_of, quote_of
from shared.models import trades
from shared.trading import (
    BalanceChange,
    Books,
    BrokerName,
    Fill,
    Kind,
    OpenOrder,
    Order,
    Position,
    Report,
    Side,
    plain,
    status_after,
)
from shared.trading.money import ZERO, exact

_BOOKED = Prepared(
    select(trades.c.trade_id).where(
        trades.c.strategy_id == bindparam("strategy_id"), trades.c.client_order_id == bindparam("id")
    )
)
_TRADE = insert(trades)
_SUM_GIVES_MORE = Decimal("0.1")
_LAST_SEQUENCE = Prepared(
    select(func.coalesce(func.max(trades.c.sequence), 0)).where(trades.c.strategy_id == bindparam("strategy_id"))
)


def deposit(
    connection: Connection,
    strategy_id: str,
    exchange: str,
    asset: str,
    amount: Decimal,
    now_us: int,
    broker: BrokerName = "paper",
) -> None:
    """The cash a strategy begins with."""
    record_balances(
        connection,
        [BalanceChange(strategy_id, exchange, asset, amount, Decimal(0), amount, broker, DEPOSIT, now_us)],
    )
    enter_equity(connection, strategy_id, Books(amount, Position()), Decimal(0), now_us)


@exact
def settle(connection: Connection, waiting: OpenOrder, report: Report, lease_token: int, now_us: int) -> Books:
    """Enter what a broker reports of an order: trades, position, balances, equity and the order's state, together.

    May be told the same again, in any order, and also of an order that is done: a fill that is booked is left out, one
    that comes in late is booked, and the order's status only goes on. RepairError, before anything is written for good,
    if the fills can't be this order's.
    """
    order = waiting.order
    begin = state = known(connection, order)
    now = books(connection, order.strategy_id, order.exchange, order.symbol)
    for fill in _news(connection, order, report.fills):
        state, now = _book(connection, state, fill, now, lease_token, now_us)
    end = replace(state, status=status_after(begin.status, report.status, state.filled, order.amount))
    hold(connection, end, end.held - state.held, f"order {order.client_order_id} {end.status.value}", now_us)
    move(connection, begin, end, report, lease_token, now_us)
    return now.holding(state, end)


def _news(connection: Connection, order: Order, told: Iterable[Fill]) -> list[Fill]:
    """The fills that are not booked yet, each once, in the order they happened."""
    rows = _BOOKED.rows(connection, strategy_id=order.strategy_id, id=order.client_order_id)
    booked = {trade_id for (trade_id,) in rows}
    fresh = {fill.trade_id: fill for fill in told if fill.trade_id not in booked}
    return sorted(fresh.values(), key=lambda fill: (fill.executed_at_us, fill.trade_id))


def _book(
    connection: Connection, state: OpenOrder, fill: Fill, before: Books, lease_token: int, now_us: int
) -> tuple[OpenOrder, Books]:
    """One fill: its trade, the position, the balances it moved, and what all is worth at its price."""
    order = state.order
    _check(state, fill)
    filled = replace(state, filled=state.filled + fill.amount)
    after = before.after(fill).holding(state, filled)
    _trade(connection, order, fill, after.position.realized_pnl - before.position.realized_pnl, lease_token)
    save_position(connection, order, after.position, now_us)
    record_balances(connection, _changes(connection, order, fill, after, now_us))
    enter_equity(connection, order.strategy_id, after, fill.price, now_us)
    return filled, after


def _check(state: OpenOrder, fill: Fill) -> None:
    """RepairError if a fill can't be this order's."""
    order = state.order
    if fill.side is not order.side or (fill.base, fill.quote) != (base_of(order.symbol), quote_of(order.symbol)):
        what = f"{fill.side.value}s {fill.base}/{fill.quote}, the order {order.side.value}s {order.symbol}"
    elif fill.amount > state.left + _more(order):
        what = f"fills {plain(fill.amount)}, and only {plain(state.left)} of {plain(order.amount)} are left"
    else:
        return
    raise RepairError(
        f"{order.strategy_id}: trade {fill.trade_id} of order {order.client_order_id} {what}: nothing was booked; "
        "compare the order with the exchange's"
    )


def _more(order: Order) -> Decimal:
    """How much more than was ordered may come: where a buy at the market names a sum, a falling price gives more."""
    names_a_sum = order.broker == "live" and order.kind is Kind.MARKET and order.side is Side.BUY
    return order.amount * _SUM_GIVES_MORE if names_a_sum else ZERO


def _changes(connection: Connection, order: Order, fill: Fill, after: Books, now_us: int) -> list[BalanceChange]:
    """The balances a fill moved: quote, base, and the asset of the fee, which the strategy may owe."""
    base, quote = base_of(order.symbol), quote_of(order.symbol)
    moved = [
        (quote, after.cash, after.held, fill.cash_change),
        (base, after.position.amount, after.held_base, fill.base_change),
    ]
    if fill.fee and fill.fee_asset not in (base, quote):
        total, held = latest_balance(connection, order.strategy_id, fill.fee_asset)
        moved.append((fill.fee_asset, total - fill.fee, held, -fill.fee))
    reason = f"trade {fill.trade_id}"
    return [BalanceChange(order.strategy_id, order.exchange, *each, order.broker, reason, now_us) for each in moved]


def _trade(connection: Connection, order: Order, fill: Fill, realized: Decimal, lease_token: int) -> None:
    last = _LAST_SEQUENCE.value(connection, strategy_id=order.strategy_id)
    row = {name: getattr(order, name) for name in ("strategy_id", "client_order_id", "exchange", "symbol")}
    of_fill = ("trade_id", "amount", "price", "cost", "fee", "fee_asset", "fee_quote", "liquidity", "executed_at_us")
    row |= {name: getattr(fill, name) for name in of_fill}
    row |= {"side": fill.side.value, "sequence": last + 1, "realized_pnl": realized, "lease_token": lease_token}
    try:
        connection.execute(_TRADE, row)
    except IntegrityError as error:
        why = " ".join(str(error.orig).split())
        raise RepairError(
            f"{order.strategy_id}: trade {fill.trade_id} of order {order.client_order_id} can't be booked: {why}"
            "; if another order has it already, compare both with the exchange's"
        ) from error
