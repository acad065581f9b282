"""The one account: it places, fills and cancels orders, and its balances move with them."""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from typing import Final

from simulator.account.balances import Balances
from simulator.account.filters import check_lot, check_notional
from simulator.account.matching import Execution, amount_of, commission, price_on_arrival, while_resting
from simulator.account.orders import Fill, Order, Request, Side, Status
from simulator.errors import ApiError
from simulator.market.market import Market, Quote
from simulator.market.timeframe import SECOND_MS, floor

FIRST_ID: Final = 1_000_001
LOOK_BACK_MS: Final = 3_600_000  # of the market at a time, for an order that rested unseen


class Account:
    """Orders by id, in the order of their arrival. `settle` brings the resting ones up to an instant."""

    def __init__(self, deposits: Mapping[str, Decimal], fee_rate: Decimal) -> None:
        self.balances, self.fee_rate = Balances(deposits), fee_rate
        self.orders: dict[int, Order] = {}
        self.fills: list[Fill] = []
        self._open: dict[int, tuple[Order, Market]] = {}

    def place(self, market: Market, request: Request, now_ms: int, *, by_half: bool = False) -> Order:
        """A new order, filled at once if it crosses the book, `by_half` if that is thin; refusals leave nothing."""
        quote = market.quote(now_ms)
        amount = amount_of(request, quote, market.traded)
        check_lot(market.traded, amount)
        check_notional(request.price or quote.bid, amount)
        self._refuse_duplicate(request)
        taken = price_on_arrival(request, quote)
        order = self._accept(market, request, amount, quote, now_ms)
        if taken is not None:
            first = (amount / 2).quantize(market.traded.lot, ROUND_UP) if by_half else amount
            self._execute(order, market, Execution(taken, first, now_ms, is_maker=False))
        if order.is_open and (request.price is None or request.time_in_force != "GTC"):
            self._end(order, market, Status.EXPIRED, now_ms)
        return order

    def cancel(self, order: Order, now_ms: int) -> Order:
        """Take an open order back; -2011 if it is not open."""
        if not order.is_open:
            raise ApiError(-2011, "Unknown order sent.")
        self._end(order, self._open[order.id][1], Status.CANCELED, now_ms)
        return order

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        return [order for order, _ in self._open.values() if symbol in (None, order.request.symbol)]

    def find(self, symbol: str, order_id: str | None, client_id: str | None) -> Order | None:
        """By id, or the newest with a client order id: an id may be used again once its order is done."""
        if order_id:
            order = self.orders.get(int(order_id)) if order_id.isdigit() else None
            return order if order and order.request.symbol == symbol else None
        same = (o for o in reversed(self.orders.values()) if (o.client_id, o.request.symbol) == (client_id, symbol))
        return next(same, None)

    def settle(self, now_ms: int) -> None:
        """Fill resting orders with what the market traded since it was last looked at."""
        until_ms = floor(now_ms, SECOND_MS)
        for order, market in list(self._open.values()):
            while order.is_open and order.checked_ms < until_ms:
                end_ms = min(order.checked_ms + LOOK_BACK_MS, until_ms)
                seconds = market.fine(order.checked_ms, end_ms)
                found = while_resting(order.request, order.left, seconds, market.digits, market.traded.lot)
                for execution in found:
                    self._execute(order, market, execution)
                order.checked_ms = end_ms

    def _refuse_duplicate(self, request: Request) -> None:
        if request.client_id and any(order.client_id == request.client_id for order in self.open_orders()):
            raise ApiError(-2010, "Duplicate order sent.")

    def _accept(self, market: Market, request: Request, amount: Decimal, quote: Quote, now_ms: int) -> Order:
        reserve = request.price or quote.ask
        self.balances.lock(*_locked(market, request.side, reserve, amount))
        number = FIRST_ID + len(self.orders)
        client_id = request.client_id or f"sim{number}"
        checked_ms = floor(now_ms, SECOND_MS) + SECOND_MS
        order = Order(number, client_id, request, amount, reserve, now_ms, checked_ms, updated_ms=now_ms)
        self.orders[number] = order
        self._open[number] = order, market
        return order

    def _execute(self, order: Order, market: Market, execution: Execution) -> None:
        side, traded = order.request.side, market.traded
        fee = commission(side, execution, self.fee_rate)
        paid, received = execution.amount * execution.price, execution.amount - fee
        bought, fee_asset = traded.base, traded.base
        self.balances.unlock(*_locked(market, side, order.reserve, execution.amount))
        if side is Side.SELL:
            paid, received = execution.amount, execution.amount * execution.price - fee
            bought, fee_asset = traded.quote, traded.quote
        self.balances.lock(traded.quote if side is Side.BUY else traded.base, paid)
        self.balances.spend(traded.quote if side is Side.BUY else traded.base, paid)
        self.balances.receive(bought, received)
        fill = Fill(
            id=FIRST_ID + len(self.fills),
            order_id=order.id,
            symbol=traded.symbol,
            is_buy=side is Side.BUY,
            price=execution.price,
            amount=execution.amount,
            commission=fee,
            commission_asset=fee_asset,
            time_ms=execution.time_ms,
            is_maker=execution.is_maker,
        )
        self.fills.append(fill)
        order.fills.append(fill)
        if order.left:
            order.status, order.updated_ms = Status.PARTIALLY_FILLED, execution.time_ms
        else:
            self._end(order, market, Status.FILLED, execution.time_ms)

    def _end(self, order: Order, market: Market, status: Status, now_ms: int) -> None:
        self.balances.unlock(*_locked(market, order.request.side, order.reserve, order.left))
        order.status, order.updated_ms = status, now_ms
        del self._open[order.id]


def _locked(market: Market, side: Side, price: Decimal, amount: Decimal) -> tuple[str, Decimal]:
    """The asset and how much of it an order for `amount` ties up."""
    return (market.traded.quote, price * amount) if side is Side.BUY else (market.traded.base, amount)
