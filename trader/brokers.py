"""Which broker carries out a strategy's orders; a live one is opened when the first strategy wants it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.config import ExchangeSettings, PaperSettings
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.trading import Lease
from trader.broker import Broker
from trader.paper import OrderBooks, PaperBroker
from trader.running import Running

if TYPE_CHECKING:
    from trader.live import LiveBroker


class Brokers:
    """Paper for all, and one live broker for each exchange that is traded on."""

    def __init__(
        self,
        database: Database,
        paper: PaperSettings,
        exchanges: Mapping[str, ExchangeSettings],
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._paper = PaperBroker(paper, OrderBooks(database, exchanges) if paper.book else None)
        self._exchanges = exchanges
        self._lease_seconds = lease_seconds
        self._live: dict[str, LiveBroker] = {}
        self._trusted: set[tuple[str, int]] = set()

    def of(self, running: Running) -> Broker:
        """The broker of a strategy. ccxt is imported only where one trades live."""
        if running.broker == "paper":
            return self._paper
        name = running.series.exchange
        if name not in self._live:
            from trader.live import LiveBroker  # noqa: PLC0415 - 80 MB that paper does without

            self._live[name] = LiveBroker(self._database, name, self._exchanges[name], running.flag)
        return self._live[name]

    def open(self, running: Running) -> None:
        """Have a live broker connect before the lease is taken: that may take longer than the lease lasts.

        RepairError if trading there is not possible as it is configured, RetryError if not at this moment.
        """
        self.of(running)
        if running.broker == "live":
            valid = self._live[running.series.exchange].open().valid_seconds
            if valid >= self._lease_seconds:
                raise RepairError(
                    f"an order at {running.series.exchange} is valid for {valid:g} s, a lease lasts"
                    f" {self._lease_seconds:g} s: raise trader.lease_seconds above that"
                )

    def objection(self, running: Running) -> str | None:
        """Why a live strategy may not trade under this lease; None if the exchange's account and its books agree.

        Asked once for each lease: whoever had the strategy before may have left something under way. RetryError while
        the exchange can't be asked.
        """
        lease: Lease = running.lease
        if running.broker == "paper" or (lease.strategy_id, lease.token) in self._trusted:
            return None
        from trader.live import reconcile  # noqa: PLC0415

        self.of(running)
        if reason := reconcile(self._database, running, self._live[running.series.exchange]):
            return reason
        self._trusted.add((lease.strategy_id, lease.token))
        return None

    def close(self) -> None:
        """Give the brokers' connections back."""
        everyone: list[Broker] = [self._paper, *self._live.values()]
        for broker in everyone:
            try:
                broker.close()
            except RetryError:
                continue
