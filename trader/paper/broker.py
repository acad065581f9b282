"""The paper broker: looks at the stored tickers, and lets `fills` say what an order got of them."""

from decimal import Decimal

from shared import candles, ledger
from shared.config import PaperSettings
from shared.database import Database
from shared.trading import Lease, OpenOrder, Report, Status
from trader.paper.fills import Paper, objection


class PaperBroker:
    """See trader.broker.Broker."""

    def __init__(self, settings: PaperSettings) -> None:
        self._paper = Paper(settings.slippage, settings.fee or Decimal("0.001"))

    @property
    def costs(self) -> Decimal:
        """What an entry costs beyond the price it was decided on, a fraction."""
        return self._paper.costs

    @property
    def sends(self) -> bool:
        """Nothing leaves this host."""
        return False

    def sent_until_ms(self, lease: Lease) -> int:
        """Never asked: nothing is sent."""
        raise NotImplementedError

    def send(self, waiting: OpenOrder, lease: Lease) -> Report | None:
        """Never asked: nothing is sent."""
        raise NotImplementedError

    def look(self, database: Database, waiting: OpenOrder, now_us: int, until_us: int) -> Report | None:
        """Fill it at the first ticker after the decision."""
        order = waiting.order
        with database.read() as connection:
            ticker = candles.first_ticker_after(connection, order.exchange, order.symbol, order.decided_at_us)
            market = candles.market(connection, order.exchange, order.symbol)
            books = ledger.books(connection, order.strategy_id, order.exchange, order.symbol)
        if ticker is None or market is None or ticker.received_at_us > until_us:
            return None
        fill = self._paper.fill(order, ticker, market, now_us)
        if reason := objection(fill, books):
            return Report(Status.REJECTED, reason=reason)
        return Report(Status.FILLED, (fill,))

    def cancel(self, database: Database, waiting: OpenOrder, reason: str, now_us: int) -> Report | None:  # noqa: ARG002
        """Take back what is left."""
        return Report(Status.CANCELLED, reason=reason)
