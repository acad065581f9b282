"""Trading as values and pure arithmetic: money, signals, orders, positions, leases, states. No I/O."""

from shared.trading.books import Books
from shared.trading.fill import Fill
from shared.trading.lease import Lease
from shared.trading.money import floor_to_step, plain
from shared.trading.order import BrokerName, Kind, Leg, OpenOrder, Order, Status, client_order_id
from shared.trading.position import Position, after_fill
from shared.trading.protection import Protection
from shared.trading.report import Report
from shared.trading.signal import Side, Signal, buy, hold, sell
from shared.trading.state import DESK, Source, State, StateRow, effective
from shared.trading.strategy import Strategy

__all__ = [
    "DESK",
    "Books",
    "BrokerName",
    "Fill",
    "Kind",
    "Lease",
    "Leg",
    "OpenOrder",
    "Order",
    "Position",
    "Protection",
    "Report",
    "Side",
    "Signal",
    "Source",
    "State",
    "StateRow",
    "Status",
    "Strategy",
    "after_fill",
    "buy",
    "client_order_id",
    "effective",
    "floor_to_step",
    "hold",
    "plain",
    "sell",
]
