"""What becomes of an order as tickers come, or as it meets an order book. Pure: everything is an argument."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from shared.config import PaperSettings
from shared.market import Market, OrderBook, Ticker
from shared.trading import Books, Fill, Kind, OpenOrder, Report, Side, Status, floor_to_step
from trader.paper.fills import Liquidity, best, made, market_price, shortage
from trader.paper.rules import refusal

_MINUTE_US = 60_000_000

#: So many tickers that gave nothing are read again at each look; then it is kept that they have been looked at.
_MANY = 50

#: What traded (base asset) in the minute before a moment of the exchange's time (ms); None if nobody knows.
Traded = Callable[[int], Decimal | None]


@dataclass
class Matching:
    """An order at the market: what it has got so far, and what the books are by now.

    `booked` are the fills that the ledger has of it: how much, and when (us).
    """

    waiting: OpenOrder
    market: Market
    books: Books
    paper: PaperSettings
    booked: Sequence[tuple[Decimal, int]] = ()
    fills: list[Fill] = field(default_factory=list)
    _tried: tuple[tuple[object, ...], Fill] | None = None

    @property
    def left(self) -> Decimal:
        """What is still to be filled."""
        return self.waiting.left - sum((fill.amount for fill in self.fills), Decimal(0))

    def take(self, amount: Decimal, price: Decimal, liquidity: Liquidity, at_us: int) -> str | None:
        """Fill so much; or say why the books can't pay for it."""
        fill = self._made(amount, price, liquidity, at_us)
        if reason := shortage(fill, self.books):
            return reason
        self.fills.append(fill)
        self.books = self.books.after(fill)
        return None

    def objection(self, price: Decimal, at_us: int) -> str | None:
        """Why the exchange refuses the order when it arrives: its rules, or that the whole of it can't be paid for."""
        order = self.waiting.order
        whole = self._made(order.amount, price, "taker", at_us)
        return refusal(order, price, self.market) or shortage(whole, self.books)

    def allowance(self, traded: Decimal | None, at_us: int) -> Decimal:
        """How much of what is left may be filled now: the share of a minute's volume, less what it got in a minute."""
        if traded is None:
            return self.left
        taken = [*self.booked, *((fill.amount, fill.executed_at_us) for fill in self.fills)]
        lately = sum((amount for amount, then_us in taken if 0 <= at_us - then_us < _MINUTE_US), Decimal(0))
        share = traded * self.paper.volume_share - lately
        return min(self.left, floor_to_step(max(share, Decimal(0)), self.market.amount_step))

    def report(self, checked_at_us: int, ended: str = "") -> Report:
        """What is known now; `ended` says why the rest will never be filled."""
        left = self.left
        if not left:
            status = Status.FILLED
        elif ended:
            status = Status.CANCELLED if left < self.waiting.order.amount else Status.REJECTED
        elif left < self.waiting.order.amount:
            status = Status.PARTIALLY_FILLED
        else:
            status = Status.OPEN if self.waiting.order.kind is Kind.LIMIT else self.waiting.status
        return Report(status, tuple(self.fills), ended, checked_at_us=checked_at_us)

    def _made(self, amount: Decimal, price: Decimal, liquidity: Liquidity, at_us: int) -> Fill:
        """The next fill; what was made up for an objection is most often what is then taken."""
        number = len(self.booked) + len(self.fills) + 1
        asked = (number, amount, price, liquidity, at_us)
        if self._tried is None or self._tried[0] != asked:
            fill = made(self.waiting.order, number, amount, price, liquidity, at_us, self.market, self.paper)
            self._tried = asked, fill
        return self._tried[1]


def match(matching: Matching, tickers: Sequence[Ticker], traded: Traded) -> Report | None:
    """Carry an order on through the tickers since it was looked at last; None: nothing is new.

    At the first ticker it arrives: it is refused, or takes what it can at the market. What is left of an order at the
    market takes on; what is left of one with a limit rests, and is filled at the limit when a later ticker's quotes
    have passed it. The last trade's price is no proof: it may be from before the order.
    """
    order, arrives = matching.waiting.order, matching.waiting.status is Status.NEW
    for ticker in tickers:
        price = market_price(order, ticker, matching.market, matching.paper)
        if arrives and (reason := matching.objection(order.limit_price or price, ticker.received_at_us)):
            return Report(Status.REJECTED, reason=reason, checked_at_us=ticker.received_at_us)
        if offer := _offer(matching, ticker, price, arrives=arrives):
            amount = matching.allowance(traded(ticker.timestamp), ticker.received_at_us)
            if amount and (reason := matching.take(amount, *offer, ticker.received_at_us)):
                return matching.report(ticker.received_at_us, reason)
        arrives = False
        if not matching.left:
            break
    return _news(matching, tickers)


def walk(matching: Matching, book: OrderBook, at_us: int) -> Report:
    """An order meets the book: level by level until it is filled, its limit is reached, or the book ends.

    What is then left of one with a limit rests; of one at the market it is taken back, as exchanges do.
    """
    order = matching.waiting.order
    levels = list(_within(matching, book))
    price = order.limit_price or (levels[0][0] if levels else Decimal(0))
    if not price:
        return Report(Status.REJECTED, reason="nobody stands in the order book on the other side")
    if reason := matching.objection(price, at_us) if order.limit_price else refusal(order, price, matching.market):
        return Report(Status.REJECTED, reason=reason)
    for level, amount in levels:
        if reason := matching.take(min(amount, matching.left), level, "taker", at_us):
            return Report(Status.REJECTED, reason=reason)
        if not matching.left:
            break
    return matching.report(at_us, "" if order.limit_price else "the order book ended")


def _offer(matching: Matching, ticker: Ticker, price: Decimal, *, arrives: bool) -> tuple[Decimal, Liquidity] | None:
    """At which price the order trades at this ticker, and as what; None if it does not."""
    order, limit = matching.waiting.order, matching.waiting.order.limit_price
    if limit is None:
        return price, "taker"
    bid, ask = best(ticker, matching.paper.spread)
    beyond = limit - ask if order.side is Side.BUY else bid - limit
    if arrives:
        return (price, "taker") if beyond >= 0 else None
    return (limit, "maker") if beyond > 0 else None


def _within(matching: Matching, book: OrderBook) -> Iterator[tuple[Decimal, Decimal]]:
    """The levels that the order may take, in whole lots."""
    order = matching.waiting.order
    for price, stands in book.asks if order.side is Side.BUY else book.bids:
        if order.limit_price is not None and (order.limit_price - price) * order.side.sign < 0:
            return
        if amount := floor_to_step(stands, matching.market.amount_step):
            yield price, amount


def _news(matching: Matching, tickers: Sequence[Ticker]) -> Report | None:
    if not tickers:
        return None
    report = matching.report(tickers[-1].received_at_us)
    if report.fills or report.status is not matching.waiting.status or len(tickers) >= _MANY:
        return report
    return None
