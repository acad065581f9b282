"""Which broker carries out a strategy's orders; a live one is opened when the first strategy wants it."""

from collections.abc import Mapping

from shared.config import ExchangeSettings, PaperSettings
from shared.database import Database
from shared.errors import RetryError
from shared.trading import Lease
from trader.broker import Broker
from trader.paper import PaperBroker
from trader.running import Running


class Brokers:
    """Paper for all, and one live broker for each exchange that is traded on."""

    def __init__(self, database: Database, paper: PaperSettings, exchanges: Mapping[str, ExchangeSettings]) -> None:
        self._database = database
        self._paper = PaperBroker(paper)
        self._exchanges = exchanges
        self._live: dict[str, Broker] = {}
        self._trusted: set[tuple[str, int]] = set()

    def of(self, running: Running) -> Broker:
        """The broker of a strategy. ccxt is imported only where one trades live."""
        if running.broker == "paper":
            return self._paper
        name = running.series.exchange
        if name not in self._live:
            from trader.live import LiveBroker  # noqa: PLC0415 - 80 MB that paper does without

            self._live[name] = LiveBroker(self._database, name, self._exchanges[name])
        return self._live[name]

    def objection(self, running: Running) -> str | None:
        """Why a live strategy may not trade under this lease; None if the exchange's account and its books agree.

        Asked once for each lease: whoever had the strategy before may have left something under way. RetryError while
        the exchange can't be asked.
        """
        lease: Lease = running.lease
        if running.broker == "paper" or (lease.strategy_id, lease.token) in self._trusted:
            return None
        from trader.live import reconcile  # noqa: PLC0415

        if reason := reconcile(self._database, running, self.of(running)):
            return reason
        self._trusted.add((lease.strategy_id, lease.token))
        return None

    def close(self) -> None:
        """Give the live brokers' connections back."""
        for broker in self._live.values():
            try:
                broker.close()
            except RetryError:
                continue
