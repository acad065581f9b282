"""The trader's cycle over one candle of history: orders and protection meet its prices, then the strategy decides.

What is let through, what it gets and when a position is closed is said by trader.risk, trader.paper and
trader.closing; here is only what stands in for the market, the database and the clock.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import inf

from shared.errors import as_text
from shared.market import Candle, Market, Ticker
from shared.trading import NOTHING_LATELY, Kind, Mark, OpenOrder, Report, Side, Signal, StateRow, Status, marked
from trader.backtest.lately import lately, limits_anything, limits_losses
from trader.backtest.ledger import Ledger
from trader.backtest.spec import Backtest
from trader.closing import closing_order, is_pausing
from trader.paper.fills import costs
from trader.paper.matching import Matching, Traded, match
from trader.risk import breach, judge, last_moment, unwanted
from trader.running import Running
from trader.situation import Situation

_MS = 1_000


@dataclass
class Cycle:
    """One strategy on one series; `state` is what its limits on losses have set."""

    backtest: Backtest
    running: Running
    market: Market
    ledger: Ledger
    state: StateRow
    newest_signal: tuple[int, Side] | None = None
    mark: Mark | None = None

    def __post_init__(self) -> None:
        self._traded: Traded = lambda _: None
        self._costs = costs(self.backtest.paper, self.market)
        self._patience = self.running.patience_ms(self.backtest.trader)
        self._limited = limits_anything(self.backtest)
        self.watches_losses = limits_losses(self.backtest)

    @property
    def is_idle(self) -> bool:
        """Whether the next candle's open means nothing to it: no order is on its way to the market, or back."""
        return not any(
            each.status is Status.NEW or each.order.kind is Kind.MARKET or self._is_taken_back(each)
            for each in self.ledger.waiting
        )

    @property
    def is_busy(self) -> bool:
        """Whether a candle's prices mean anything to it: there is an order, a protection, or a limit on losses."""
        return bool(self.ledger.waiting or self.ledger.protection or self.watches_losses)

    def touching(self) -> tuple[float, float]:
        """A low at the first price or under it, or a high at the second or above, sets something off."""
        if not (self.ledger.waiting or self.ledger.protection):
            return 0, inf
        below, above = self._limits(Side.BUY), self._limits(Side.SELL)
        if (protection := self.ledger.protection) is not None:
            below += [protection.stop_price] if protection.stop_price is not None else []
            above += [protection.take_profit] if protection.take_profit is not None else []
        return float(max(below, default=0)), float(min(above, default=inf))

    def meet(self, candle: Candle, traded: Traded) -> None:
        """Let a candle's prices come: its open, then down to its low, then up to its high.

        `traded` tells how much of the market traded in the minute before a moment (ms).

        That is the worst order for who holds: a stop counts before a target. What was bought on the way down may have
        been bought after the high: nothing is sold at the high then.
        """
        if not (self.ledger.waiting or self.ledger.protection):
            return
        self._traded = traded
        opened, ends = _exact(candle.open), self._ends_us(candle) - 1
        self._come(opened, candle.timestamp * _MS, opens=True)
        if not (self.ledger.waiting or self.ledger.protection):
            return
        before = len(self.ledger.trades)
        for price in self._down(opened, _exact(candle.low)):
            self._come(price, ends)
        if any(trade.order.is_entry for trade in self.ledger.trades[before:]):
            return
        for price in self._up(_exact(candle.low), _exact(candle.high)):
            self._come(price, ends)

    def close(self, candle: Candle) -> None:
        """The candle is over: what its close means for the limits on losses."""
        if self.watches_losses:
            self._watch_losses(_exact(candle.close), self._ends_us(candle))

    def decide(self, signal: Signal, candle: Candle) -> None:
        """Judge what the strategy decided on a candle that has closed, if it is not to hold."""
        now_us, price = self._ends_us(candle), _exact(candle.close)
        situation = self._situation(self._ticker(price, now_us), now_us, price)
        verdict = judge(signal, situation, self.running, candle.timestamp, fresh=True, may_open=True)
        if verdict.side is Side.HOLD:
            return
        self.newest_signal = (candle.timestamp, verdict.side)
        self.ledger.record(candle.timestamp, verdict.side, as_text(signal.reason), verdict.outcome)
        if verdict.order is not None:
            self.ledger.place(verdict.order, signal)

    def _is_taken_back(self, waiting: OpenOrder) -> bool:
        """Whether a sale was decided on since an entry was: it is cancelled as soon as it is looked at."""
        signal = self.newest_signal
        return (
            waiting.order.is_entry
            and signal is not None
            and signal[1] is Side.SELL
            and signal[0] > waiting.order.candle
        )

    def _ends_us(self, candle: Candle) -> int:
        return (candle.timestamp + self.running.series.step) * _MS

    def _down(self, opened: Decimal, low: Decimal) -> list[Decimal]:
        """The prices at which something may happen between open and low: a buy just below its limit, a stop at it."""
        levels = [limit - self.market.price_tick for limit in self._limits(Side.BUY)]
        signals = [self.ledger.wanted(each.order) for each in self.ledger.waiting]
        levels += [each.stop for each in signals if each and each.stop is not None]
        if (protection := self.ledger.protection) and protection.stop_price is not None:
            levels.append(protection.stop_price)
        return [*sorted((level for level in levels if low < level <= opened), reverse=True), low]

    def _up(self, low: Decimal, high: Decimal) -> list[Decimal]:
        """The prices at which something may happen from low to high: a sale just above its limit, a target at it."""
        levels = [limit + self.market.price_tick for limit in self._limits(Side.SELL)]
        protection = self.ledger.protection
        if protection and protection.take_profit is not None:
            levels.append(protection.take_profit)
        return [*sorted(level for level in levels if low <= level < high), high]

    def _limits(self, side: Side) -> list[Decimal]:
        orders = (each.order for each in self.ledger.waiting if each.order.side is side)
        return [order.limit_price for order in orders if order.limit_price is not None]

    def _come(self, price: Decimal, at_us: int, *, opens: bool = False) -> None:
        """One price comes: orders are carried out or taken back, then stop and target are looked at.

        What is at the market is carried out at a candle's open; only a stop or target at the price that sets it off.
        """
        if not (self.ledger.waiting or self.ledger.protection):
            return
        ticker = self._ticker(price, at_us)
        self._tend(ticker, at_us, self.ledger.waiting if opens else self._resting)
        if self.ledger.protection is None:
            return
        situation = self._situation(ticker, at_us)
        attempts = self.ledger.attempts
        order = closing_order(self.running, situation, self.ledger.protection, attempts, flatten=None)
        if order is not None:
            self.ledger.place(order)
            self._tend(ticker, at_us, (*self._resting, self.ledger.waiting[-1]))

    @property
    def _resting(self) -> tuple[OpenOrder, ...]:
        return tuple(each for each in self.ledger.waiting if each.order.kind is Kind.LIMIT)

    def _tend(self, ticker: Ticker, now_us: int, carried_out: tuple[OpenOrder, ...]) -> None:
        """Look at every order; `carried_out` are those that may get something at this price."""
        waiting = self.ledger.waiting
        if not waiting:
            return
        situation = self._situation(ticker, now_us)
        for each in waiting:
            report = self._look(each, ticker if each in carried_out else None, situation)
            if report is not None:
                self.ledger.settle(each, report, situation, now_us)

    def _look(self, waiting: OpenOrder, ticker: Ticker | None, situation: Situation) -> Report | None:
        """As trader.tending does it for an order on paper."""
        is_new = waiting.status is Status.NEW
        if is_new and is_pausing(waiting.order, situation.now_us):
            return None
        reason = unwanted(waiting, situation, self._patience)
        if is_new and reason:
            return Report(Status.CANCELLED, reason=reason)
        report = self._match(waiting, ticker) if ticker else None
        if reason and (report is None or not (report.fills or report.status.is_done)):
            return Report(Status.CANCELLED, reason=reason)
        return report

    def _match(self, waiting: OpenOrder, ticker: Ticker) -> Report | None:
        order, latency_us = waiting.order, self.backtest.paper.latency_ms * _MS
        if not order.decided_at_us + latency_us <= ticker.received_at_us <= last_moment(waiting, self._patience):
            return None
        matching = Matching(waiting, self.market, self.ledger.books, self.backtest.paper, self.ledger.booked(order))
        return match(matching, [ticker], self._traded)

    def _situation(self, ticker: Ticker, now_us: int, price: Decimal | None = None) -> Situation:
        own = desk = NOTHING_LATELY
        if self._limited:
            own, desk = lately(self.backtest, self.ledger, price or ticker.bid, self.mark, now_us)
        return Situation(
            books=self.ledger.books,
            market=self.market,
            ticker=ticker,
            price=price,
            costs=self._costs,
            waiting=self.ledger.waiting,
            state=self.state,
            limits=self.backtest.limits,
            desk=self.backtest.desk,
            objection=None,
            now_us=now_us,
            lately=own,
            desk_lately=desk,
            newest_signal=self.newest_signal,
        )

    def _ticker(self, price: Decimal, at_us: int) -> Ticker:
        series = self.running.series
        return Ticker(series.exchange, series.symbol, at_us // _MS, price, price, price, at_us)

    def _watch_losses(self, close: Decimal, now_us: int) -> None:
        """As trader.desk does it once a second; here at each close."""
        equity = self.ledger.books.equity(close)
        self.mark = marked(self.mark, self.running.id, equity, self.backtest.cash, now_us)
        for limits in (self.backtest.limits, self.backtest.desk):
            found = breach(self.mark, limits)
            if found and found[0].rank > self.state.state.rank:
                self.state = StateRow(self.running.id, found[0], "risk", found[1])


def _exact(value: float) -> Decimal:
    return Decimal(repr(value))
