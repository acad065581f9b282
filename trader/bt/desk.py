"""The broker of a test inside backtrader: risk, paper market and books are the trader's, backtrader looks on.

So a test says what a trader would have done: amounts are cut to lots and limits, fees and prices are exact, a stop, a
target and a limit are met as the native backtest has it. Positions, orders and trades are mirrored, for the strategy,
its analyzers and its observers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.market import Candle
from shared.trading import Order, Position, Side, Signal
from trader.backtest.cycle import Cycle
from trader.backtest.ledger import Booked
from trader.bt.broker import Broker, require_long
from trader.bt.capture import Holding, asked_of, signal_of
from trader.bt.library import bt
from trader.bt.tape import Tape
from trader.closing import is_tradable


class DeskBroker(Broker):
    """Catches what a strategy of backtrader's asks for, or is told a signal; the cycle does the rest."""

    def open(self, cycle: Cycle, tape: Tape, candles: Any, fee: float) -> None:
        """Before a run: with whose books, on which history; `fee` (a fraction) is what backtrader's mirror charges."""
        self._cycle, self._ledger, self._tape, self._candles = cycle, cycle.ledger, tape, candles
        self._caught: list[Any] = []
        self._taken_back: list[Any] = []
        self._mirrored = 0
        self._candle: Candle | None = None
        #: The mirror of an order on its way by its client_order_id, and of what may close the position by its leg.
        self._orders: dict[str, Any] = {}
        self._legs: dict[str, Any] = {}
        self.setcommission(commission=fee)
        self.set_cash(float(self._ledger.books.cash))
        self.p.filler = lambda order, price, ago: self._filling  # noqa: ARG005 - as backtrader calls it

    def next(self) -> None:
        """A candle has come: what was asked for on the one before is judged, then orders meet its prices."""
        self._judge_caught()
        self._candle, self._is_stale = self._tape.step(), True
        if self._cycle.is_busy:
            self._cycle.meet(self._candle, self._tape.traded())
            self._cycle.close(self._candle)
        self._mirror()
        self._tape.note()

    def stop(self) -> None:
        """The last candle's signal is kept, too."""
        self._judge_caught()
        super().stop()

    def submit(self, order: Any, check: bool = True) -> Any:  # noqa: ARG002, FBT001
        """Take an order up until the strategy has said all that it wants on this candle."""
        require_long(order, float(self.position.amount), [*self._caught, *self._orders.values()])
        order.submit(self)
        order.accept(self)
        self._caught.append(order)
        self.notify(order)
        return order

    def cancel(self, order: Any, bracket: bool = False) -> bool:  # noqa: ARG002, FBT001
        """Take an order back: one of this candle at once, one that is on its way with the next signal."""
        if order in self._caught:
            self._caught.remove(order)
            self._end(order, bt.Order.cancel)
            return True
        if not order.alive():
            return False
        self._taken_back.append(order)
        return True

    def decide(self, signal: Signal, asked_by: "AskedBy | None" = None) -> None:
        """Judge a signal on the newest candle; where orders of backtrader's asked for it, they are its mirror."""
        if self._candle is None or signal.is_hold:
            return
        asked_by = asked_by or AskedBy()
        before = {each.order.client_order_id for each in self._ledger.waiting}
        self._cycle.decide(signal, self._candle)
        placed = [each.order for each in self._ledger.waiting if each.order.client_order_id not in before]
        for order in placed:
            if order.is_entry:
                self._legs.update(asked_by.legs)
            self._orders[order.client_order_id] = self._sized(asked_by.main or self._new(order), order.amount)
        if not placed:
            for refused in asked_by.all():
                self._end(refused, bt.Order.reject)

    @property
    def position(self) -> Position:
        """As a strategy sees it: what is too little to be sold is not there."""
        held = self._ledger.books.position
        return held if self._ledger.holds else Position(realized_pnl=held.realized_pnl, fees=held.fees)

    def _judge_caught(self) -> None:
        caught, taken_back = self._caught, self._taken_back
        self._caught, self._taken_back = [], []
        if not (caught or taken_back) or self._candle is None:
            return
        close = Decimal(repr(self._candle.close))
        holding = Holding(self.position, self._ledger.books.cash, close)
        signal = signal_of([asked_of(order) for order in caught], [asked_of(order) for order in taken_back], holding)
        if self._tape.has_begun:
            self.decide(signal, AskedBy.of(caught))
        else:
            for early in caught:
                self._end(early, bt.Order.reject)

    def _mirror(self) -> None:
        """What the ledger has booked since the last candle, and which orders have ended."""
        if self._mirrored == len(self._ledger.trades) and not self._orders:
            return
        for booked in self._ledger.trades[self._mirrored :]:
            self._fill(booked)
        self._mirrored = len(self._ledger.trades)
        open_ = {each.order.client_order_id for each in self._ledger.waiting}
        for name in self._orders.keys() - open_:
            order = self._orders.pop(name)
            self._end(order, bt.Order.completed if order.executed.size else bt.Order.cancel)
        if not self._ledger.holds and not any(each.order.is_entry for each in self._ledger.waiting):
            for order in self._legs.values():
                self._end(order, bt.Order.cancel)
            self._legs.clear()

    def _fill(self, booked: Booked) -> None:
        """Into backtrader's position and trade, which add in floats: the last sale takes what these still hold."""
        order, fill, held = booked.order, booked.fill, self.positions[self._candles].size
        mirror = self._orders.get(order.client_order_id)
        if mirror is None:
            mirror = self._sized(self._legs.pop(order.leg, None) or self._new(order), fill.amount)
        closes = fill.side is Side.SELL and not is_tradable(booked.books.position, self._ledger.market)
        self._filling = held if closes else abs(float(fill.base_change))
        self._execute(mirror, ago=0, price=float(fill.price))
        self.cash = float(self._ledger.books.cash)

    def _new(self, order: Order) -> Any:
        kind = bt.BuyOrder if order.side is Side.BUY else bt.SellOrder
        price = None if order.limit_price is None else float(order.limit_price)
        execution = bt.Order.Market if price is None else bt.Order.Limit
        owner = self.cerebro.runningstrats[0]
        mirror = kind(owner=owner, data=self._candles, size=float(order.amount), price=price, exectype=execution)
        mirror.submit(self)
        mirror.accept(self)
        self._ocoize(mirror, None)
        return mirror

    def _sized(self, mirror: Any, amount: Decimal) -> Any:
        """To what risk let through."""
        size = float(amount) if mirror.isbuy() else -float(amount)
        mirror.size = mirror.created.size = mirror.executed.remsize = size
        return mirror

    def _end(self, order: Any, how: Callable[[Any], object]) -> None:
        if order.alive():
            how(order)
            self.notify(order)


@dataclass(frozen=True)
class AskedBy:
    """The orders of backtrader's behind a signal: the one that trades, and those that close what it opens, by leg."""

    main: Any = None
    legs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, caught: Sequence[Any]) -> "AskedBy":
        """Sort what was asked for on one candle."""
        entry = next((order for order in caught if order.isbuy()), None)
        if entry is None:
            return cls(caught[0] if caught else None)
        names = {bt.Order.Stop: "stop", bt.Order.Limit: "target"}
        return cls(entry, {names[order.exectype]: order for order in caught if not order.isbuy()})

    def all(self) -> list[Any]:
        """Every order there is."""
        return [order for order in (self.main, *self.legs.values()) if order is not None]
