"""Trading as values and pure arithmetic: money, signals, orders, positions, leases, states. No I/O."""

from shared.trading.account import Account
from shared.trading.balance import Balance, BalanceChange
from shared.trading.books import Books
from shared.trading.fill import Fill, Liquidity
from shared.trading.lease import Lease, Presence
from shared.trading.mark import Mark, marked
from shared.trading.money import floor_to_step, plain
from shared.trading.order import BrokerName, Kind, Leg, OpenOrder, Order, Status, client_order_id, status_after
from shared.trading.position import Position, after_fill
from shared.trading.protection import Protection
from shared.trading.recent import NOTHING_LATELY, Lately, RecentTrade
from shared.trading.report import Report
from shared.trading.signal import Side, Signal, buy, hold, sell, target
from shared.trading.state import DESK, Source, State, StateRow, effective
from shared.trading.strategy import Rows, Strategy

__all__ = [
    "DESK",
    "NOTHING_LATELY",
    "Account",
    "Balance",
    "BalanceChange",
    "Books",
    "BrokerName",
    "Fill",
    "Kind",
    "Lately",
    "Lease",
    "Leg",
    "Liquidity",
    "Mark",
    "OpenOrder",
    "Order",
    "Position",
    "Presence",
    "Protection",
    "RecentTrade",
    "Report",
    "Rows",
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
    "marked",
    "plain",
    "sell",
    "status_after",
    "target",
]
