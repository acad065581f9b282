"""Trading as values and pure arithmetic: money, signals, orders, positions, leases. No I/O."""

from shared.trading.books import Books
from shared.trading.fill import Fill
from shared.trading.lease import Lease
from shared.trading.money import floor_to_step, plain
from shared.trading.order import Order, client_order_id
from shared.trading.position import Position, after_fill
from shared.trading.signal import Side, Signal, buy, hold, sell
from shared.trading.strategy import Strategy

__all__ = [
    "Books",
    "Fill",
    "Lease",
    "Order",
    "Position",
    "Side",
    "Signal",
    "Strategy",
    "after_fill",
    "buy",
    "client_order_id",
    "floor_to_step",
    "hold",
    "plain",
    "sell",
]
