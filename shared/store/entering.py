"""Entering a trade that a script made: everything that follows from it, in the caller's transaction.

Books need to know why: so a trade stands there as a trader's does, with a signal, an order that was filled at once, and
their events. What the trade makes of position, balances and equity is the ledger's affair.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypedDict
from uuid import uuid4

from sqlalchemy import Connection, bindparam, select

from shared import ledger
from shared.database.prepared import Prepared
from shared.errors import RepairError
from shared.ledger import ScriptBook
from shared.market import base_of, quote_of
from shared.models import trades
from shared.store.numbers import Exact, above_zero, exact, moment, text
from shared.trading import (
    Fill,
    Leg,
    OpenOrder,
    Order,
    Position,
    Report,
    Side,
    Signal,
    Status,
    client_order_id,
    plain,
)

_COMPARED = ("symbol", "side", "amount", "price", "fee", "fee_asset", "executed_at_us")
_BOOKED = Prepared(
    select(*(trades.c[name] for name in _COMPARED)).where(
        trades.c.strategy_id == bindparam("strategy_id"), trades.c.trade_id == bindparam("trade_id")
    )
)
_NO_LEASE = 0
_US_PER_MS = 1_000


#: What a trade does: a side, or what it makes of the position.
Way = Side | Literal["more", "less"]


class Told(TypedDict, total=False):
    """What may be told of a trade besides.

    `trade_id` is the caller's own id; without it the trade gets a new one each time it is told. The `fee` is in quote
    unless `fee_asset` says otherwise, below zero if it is a rebate; `fee_value` is what one in a third asset was worth
    in quote. `at_us` is when it was executed (UTC; by default now).
    """

    trade_id: str
    fee: Exact
    fee_asset: str
    fee_value: Exact
    reason: str
    at_us: int


@dataclass(frozen=True)
class Wish:
    """A trade as it was told, in order; None is what was not. Without an amount it is all that is open."""

    trade_id: str
    way: Way
    amount: Decimal | None
    price: Decimal
    fee: Decimal
    fee_asset: str
    fee_value: Decimal | None
    executed_at_us: int | None
    reason: str

    @property
    def side(self) -> Side | None:
        """As it was told."""
        return self.way if isinstance(self.way, Side) else None

    @property
    def needs_position(self) -> bool:
        """Whether it is nothing without one."""
        return self.side is None

    def fill(self, symbol: str, before: Position, now_us: int) -> Fill:
        """What was not told, the position says."""
        return Fill(
            trade_id=self.trade_id,
            side=self.side or _side(before, more=self.way == "more"),
            amount=abs(before.amount) if self.amount is None else self.amount,
            price=self.price,
            fee=self.fee,
            fee_asset=self.fee_asset,
            executed_at_us=now_us if self.executed_at_us is None else self.executed_at_us,
            base=base_of(symbol),
            quote=quote_of(symbol),
            fee_value=self.fee_value,
        )


def wish_of(book: ScriptBook, way: Way, amount: Decimal | None, price: Exact, told: Told) -> Wish:
    """TypeError and ValueError name what is no number, no text, or not there."""
    if unknown := set(told) - set(Told.__annotations__):
        raise TypeError(f"of a trade {', '.join(Told.__annotations__)} may be told, not {', '.join(sorted(unknown))}")
    trade_id, asset = told.get("trade_id"), told.get("fee_asset")
    value, at_us = told.get("fee_value"), told.get("at_us")
    return Wish(
        trade_id=uuid4().hex if trade_id is None else text(trade_id, "trade_id"),
        way=way,
        amount=amount,
        price=above_zero(price, "price"),
        fee=exact(told.get("fee", 0), "fee"),
        fee_asset=quote_of(book.symbol) if asset is None else text(asset, "fee_asset"),
        fee_value=None if value is None else exact(value, "fee_value"),
        executed_at_us=None if at_us is None else moment(at_us, "at_us"),
        reason=text(told.get("reason", ""), "reason", may_be_empty=True),
    )


def is_booked(connection: Connection, book: ScriptBook, wish: Wish) -> bool:
    """Whether the trade is in the books. RepairError if its id is, with other content."""
    row = _BOOKED.first(connection, strategy_id=book.strategy_id, trade_id=wish.trade_id)
    if row is None:
        return False
    stored = dict(zip(_COMPARED, row, strict=True))
    told = {name: getattr(wish, name) for name in _COMPARED[1:]} | {"symbol": book.symbol}
    differing = [name for name in _COMPARED if told[name] is not None and told[name] != stored[name]]
    if differing:
        listed = ", ".join(f"{name} {_shown(stored[name])}, not {_shown(told[name])}" for name in differing)
        raise RepairError(
            f"{book.strategy_id}: trade {wish.trade_id} is in the books already, with {listed}: nothing was written;"
            " give another trade an id of its own"
        )
    return True


def enter(connection: Connection, book: ScriptBook, fill: Fill, reason: str, position: Position, now_us: int) -> None:
    """Book a fill that is not booked yet, with the signal and the order it stands for."""
    decided_ms = _free_candle(connection, book.strategy_id, fill.executed_at_us // _US_PER_MS)
    leg: Leg = "exit" if position.amount * fill.side.sign < 0 else "entry"
    ledger.record(
        connection,
        book.strategy_id,
        decided_ms,
        Signal(fill.side, reason=reason),
        price=float(fill.price),
        outcome="ordered",
        lease_token=_NO_LEASE,
        now_us=now_us,
    )
    order = Order(
        client_order_id(book.strategy_id, decided_ms, leg),
        book.strategy_id,
        decided_ms,
        leg,
        1,
        book.exchange,
        book.symbol,
        fill.side,
        fill.amount,
        fill.executed_at_us,
        broker=book.broker,
    )
    ledger.place(connection, order, _NO_LEASE)
    ledger.settle(connection, OpenOrder(order), Report(Status.FILLED, (fill,)), _NO_LEASE, now_us)


def _free_candle(connection: Connection, strategy_id: str, wanted_ms: int) -> int:
    """A signal's key is its candle: a trade's is its own millisecond, or the first after the newest signal's."""
    newest = ledger.newest_signal(connection, strategy_id)
    return wanted_ms if newest is None else max(wanted_ms, newest[0] + 1)


def _side(position: Position, *, more: bool) -> Side:
    return Side.BUY if (position.amount > 0) is more else Side.SELL


def _shown(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
