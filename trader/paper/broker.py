"""The paper broker: looks at the stored tickers, or asks for an order book, and says what an order got of them."""

from decimal import Decimal

from sqlalchemy import Connection

from shared import candles, ledger
from shared.config import PaperSettings
from shared.database import Database
from shared.errors import ChandlerError, RetryError
from shared.market import Market, OrderBook, Ticker
from shared.trading import Lease, OpenOrder, Report, Status
from trader.paper.fills import costs
from trader.paper.matching import Matching, match, walk
from trader.paper.order_books import OrderBooks


class PaperBroker:
    """See trader.broker.Broker. What it knows of an order is in the ledger: another process goes on where it was."""

    def __init__(self, settings: PaperSettings, order_books: OrderBooks | None = None) -> None:
        """With `order_books` an order that arrives meets one; without, the next ticker."""
        self._settings = settings
        self._order_books = order_books

    def costs(self, market: Market | None) -> Decimal:
        """What an entry costs beyond the price it was decided on, a fraction."""
        return costs(self._settings, market)

    def look(self, database: Database, waiting: OpenOrder, now_us: int, until_us: int) -> Report | None:
        """Carry it on through what has come since it was looked at last."""
        if waiting.checked_at_us > now_us:
            # The wall clock was set back: from now on counts what comes from now on.
            return Report(waiting.status, checked_at_us=now_us)
        if self._order_books and waiting.status is Status.NEW:
            return self._meet(self._order_books, database, waiting, now_us, until_us)
        order = waiting.order
        with database.read() as connection:
            tickers = self._tickers(connection, waiting, now_us, until_us)
            matching = self._matching(connection, waiting) if tickers else None
            if matching is None:
                return None
            return match(matching, tickers, lambda at: _traded(connection, order.exchange, order.symbol, at))

    def cancel(
        self,
        database: Database,  # noqa: ARG002
        waiting: OpenOrder,
        reason: str,
        now_us: int,  # noqa: ARG002
        lease: Lease,  # noqa: ARG002
    ) -> Report | None:
        """Take back what is left."""
        if self._order_books:
            self._order_books.forget(waiting.order)
        return Report(Status.CANCELLED, reason=reason)

    def close(self) -> None:
        """Give the connections back that order books were asked for on."""
        if self._order_books:
            self._order_books.close()

    def _meet(
        self, order_books: OrderBooks, database: Database, waiting: OpenOrder, now_us: int, until_us: int
    ) -> Report | None:
        """Ask for the order book once the order has arrived; meet it when it is there."""
        if not self._arrival_us(waiting) <= now_us <= until_us:
            return None
        try:
            book = order_books.answer(waiting.order)
        except RetryError:
            raise
        except ChandlerError as error:
            return Report(Status.REJECTED, reason=str(error))
        return self._walk(database, waiting, book, now_us) if book else None

    def _walk(self, database: Database, waiting: OpenOrder, book: OrderBook, now_us: int) -> Report | None:
        with database.read() as connection:
            matching = self._matching(connection, waiting)
        return walk(matching, book, now_us) if matching else None

    def _tickers(self, connection: Connection, waiting: OpenOrder, now_us: int, until_us: int) -> list[Ticker]:
        """Those that the order has not met yet."""
        order, after = waiting.order, max(waiting.checked_at_us, self._arrival_us(waiting))
        found = candles.tickers_since(connection, order.exchange, order.symbol, after, now_us)
        return [ticker for ticker in found if ticker.received_at_us <= until_us]

    def _matching(self, connection: Connection, waiting: OpenOrder) -> Matching | None:
        """All that is needed to go on; None if the rules are not known, or the order has moved since it was read."""
        order = waiting.order
        market = candles.market(connection, order.exchange, order.symbol)
        books = ledger.books(connection, order.strategy_id, order.exchange, order.symbol)
        booked = ledger.fills_of(connection, order) if waiting.filled else []
        if market is None or sum(amount for amount, _ in booked) != waiting.filled:
            return None
        return Matching(waiting, market, books, self._settings, booked)

    def _arrival_us(self, waiting: OpenOrder) -> int:
        """When the order was at the market; after a step back of the clock (see `look`) it has been there for long."""
        if waiting.checked_at_us < waiting.order.decided_at_us:
            return waiting.checked_at_us
        return waiting.order.decided_at_us + self._settings.latency_ms * 1000


def _traded(connection: Connection, exchange: str, symbol: str, at: int) -> Decimal | None:
    volume = candles.minute_volume(connection, exchange, symbol, at)
    return None if volume is None else Decimal(str(volume))
