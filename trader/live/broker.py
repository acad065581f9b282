"""The live broker: orders at an exchange, each sent once; what it is not sure of it looks up."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from decimal import Decimal
from pathlib import Path
from typing import ParamSpec, TypeVar

from shared import candles, ledger
from shared.candles.exchanges import StoredGate
from shared.clock import boot_us
from shared.config import ExchangeSettings
from shared.database import Database, lease_time
from shared.errors import ChandlerError, LeaseLostError, RepairError, RetryError
from shared.exchange import Priority, RefusedError, SeenOrder, asking
from shared.flag import raised
from shared.market import Market
from shared.trading import Fill, Lease, OpenOrder, Order, Report, State, Status, effective
from trader.live import reading
from trader.live.account import Account, connect

P = ParamSpec("P")
T = TypeVar("T")

#: How long a request may wait for its turn before it leaves.
_TURN_SECONDS = 1.0
_OPENING_SECONDS, _AGAIN_SECONDS = 60.0, 60.0
_USUAL_FEE, _SLIPPAGE = Decimal("0.002"), Decimal("0.0005")
_SECOND_US = 1_000_000
#: An exchange may take a moment to show an order it has acknowledged.
_SHOWN_MS = 30_000
_REMEMBERED = 1_000


class LiveBroker:
    """See trader.broker.Broker. One for each exchange; it asks nothing before it is first needed."""

    def __init__(self, database: Database, name: str, settings: ExchangeSettings, flag: Path | None = None) -> None:
        """`flag` is the file that stops the desk."""
        self._database = database
        self._name = name
        self._settings = settings
        self._flag = flag
        self._runner = asyncio.Runner()
        self._opened: Account | None = None
        self._failed: tuple[int, ChandlerError] | None = None
        self._looked: dict[tuple[str, str], int] = {}

    def costs(self, market: Market | None) -> Decimal:
        """The market's taker fee and a little slippage, a fraction; the account's own fee may be lower."""
        return (_USUAL_FEE if market is None else market.taker_fee) + _SLIPPAGE

    def open(self) -> Account:
        """Connect and check key, clock and markets, the first time; what can take longer than a lease lasts.

        RepairError if trading there is not possible as it is configured; it is tried again a minute later at the
        earliest. RetryError while the exchange can't be reached.
        """
        if self._opened:
            return self._opened
        if self._failed and boot_us() < self._failed[0]:
            raise self._failed[1]
        opening = connect(self._name, self._settings, StoredGate(self._database, self._name))
        try:
            self._opened = self._within(opening, _OPENING_SECONDS)
        except RepairError as error:
            self._failed = boot_us() + int(_AGAIN_SECONDS * _SECOND_US), error
            raise
        return self._opened

    def sent_until_ms(self, lease: Lease) -> int:
        """Until when (the exchange's clock) a request that leaves now may be accepted.

        RetryError if what is left of the lease is too short for that.
        """
        account = self.open()
        self.ask(account.set_clock)
        total, left = account.valid_seconds + _TURN_SECONDS, (lease.expires_us - boot_us()) / _SECOND_US
        if left < total:
            raise RetryError(
                f"{lease.strategy_id}: its lease lasts {left:.1f} s more, an order at {self._name} is valid for"
                f" {total:g} s; waiting for its renewal (if this stays so: raise trader.lease_seconds)"
            )
        return account.client.now() + int(total * 1000)

    def send(self, waiting: OpenOrder, lease: Lease) -> Report | None:
        """Send an order that the ledger has as `sent` by now. Never twice: after a doubt it reports UNKNOWN."""
        order, until = waiting.order, waiting.sent_until_ms
        account = self.open()
        if until is None:
            raise RepairError(f"order {order.client_order_id} is sent without a time until when it counts")
        passage = account.passage(lambda: self._objection(account, order, lease, until))
        self._looked["look", order.client_order_id] = boot_us()
        try:
            seen = self.ask(account.submit, order, until, passage, self._worth(order))
        except RefusedError as error:
            return Report(Status.REJECTED, reason=str(error))
        except ChandlerError as error:
            if not passage.has_left:
                return Report(Status.CANCELLED, reason=str(error))
            return Report(Status.UNKNOWN, reason=str(error))
        return self._told(account, waiting, seen, seen.fills, "") or Report(Status.OPEN, exchange_order_id=seen.id)

    def look(self, database: Database, waiting: OpenOrder, now_us: int, until_us: int) -> Report | None:  # noqa: ARG002
        """Ask how far an order has come; of an unknown one, whether it arrived at all."""
        if waiting.status is Status.NEW or not self._is_due("look", waiting.order, now_us):
            return None
        account = self.open()
        seen = self.ask(account.find, waiting)
        if seen is None:
            return self._absent(account, waiting)
        return self._report(account, waiting, seen, "")

    def cancel(
        self,
        database: Database,  # noqa: ARG002
        waiting: OpenOrder,
        reason: str,
        now_us: int,
        lease: Lease,
    ) -> Report | None:
        """Take back what is left of an order; it may have been filled meanwhile, so it is looked at once more."""
        if waiting.status is Status.NEW:
            return Report(Status.CANCELLED, reason=reason)
        if not self._is_due("cancel", waiting.order, now_us):
            return None
        account = self.open()
        seen = self.ask(account.find, waiting)
        if seen is None:
            return None
        if seen.status is None or not seen.status.is_done:
            passage = account.passage(lambda: self._lease_objection(account, lease))
            self.ask(account.cancel, seen.id, waiting.order.symbol, passage)
            seen = self.ask(account.find, waiting) or seen
        return self._report(account, waiting, seen, reason)

    def ask(self, question: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the exchange something, for as long as an order may take; RetryError after that."""
        account = self.open()
        try:
            return self._within(question(*args, **kwargs), account.valid_seconds + _TURN_SECONDS)
        except ChandlerError as error:
            account.doubt_clock(error)
            raise

    def close(self) -> None:
        """Give the connections back."""
        opened, self._opened = self._opened, None
        if opened:
            self._within(opened.client.close(), _TURN_SECONDS)
        self._runner.close()

    def _report(self, account: Account, waiting: OpenOrder, seen: SeenOrder, reason: str) -> Report | None:
        """With its fills, which are asked for where there must be some that are not known yet."""
        fills = seen.fills
        if sum((fill.amount for fill in fills), Decimal(0)) < seen.filled or len(fills) == 0 < waiting.filled:
            fills = self.ask(account.fills, waiting.order, seen.id)
        return self._told(account, waiting, seen, fills, reason)

    def _told(
        self, account: Account, waiting: OpenOrder, seen: SeenOrder, fills: Sequence[Fill], reason: str
    ) -> Report | None:
        valued = tuple(account.valued(fill, self._database) for fill in fills)
        return reading.told(waiting, seen, valued, reason, account.client.now())

    def _absent(self, account: Account, waiting: OpenOrder) -> Report | None:
        """The exchange knows no such order: none came, none may come any more, and nothing was traded for it."""
        order, now = waiting.order, account.client.now()
        if reading.may_arrive(waiting, now):
            return None
        if waiting.exchange_order_id is None:
            seen = self.ask(account.find_by_trace, order, lambda trades: self._booked(order, trades))
            return self._report(account, waiting, seen, "") if seen else reading.never_arrived()
        if now - order.decided_at_us // 1_000 < _SHOWN_MS:
            return None
        raise RepairError(
            f"{self._name} no longer knows order {waiting.exchange_order_id} ({order.client_order_id}), which it had"
            " taken up; look there what became of it"
        )

    def _booked(self, order: Order, trades: Collection[str]) -> set[str]:
        with self._database.read() as connection:
            return ledger.booked(connection, order.exchange, order.symbol, trades)

    def _objection(self, account: Account, order: Order, lease: Lease, until_ms: int) -> str | None:
        """Why a request must not leave any more; looked at when nothing is between it and the wire."""
        if account.client.now() + int(account.valid_seconds * 1000) > until_ms:
            return "it waited too long for its turn"
        if reason := self._lease_objection(account, lease):
            return reason
        if not order.is_entry:
            return None
        with self._database.read() as connection:
            state = effective([*raised(self._flag), *ledger.states_for(connection, order.strategy_id)])
        if state.state is not State.ACTIVE:
            return state.words
        return account.clock_objection()

    def _lease_objection(self, account: Account, lease: Lease) -> str | None:
        """Whoever lost the strategy changes nothing at the exchange: no order leaves, none is taken back."""
        if boot_us() + int(account.valid_seconds * _SECOND_US) > lease.expires_us:
            return "the lease runs out before the request would"
        with self._database.read() as connection:
            try:
                ledger.fence(connection, lease, *lease_time(connection))
            except LeaseLostError as error:
                return str(error)
        return None

    def _worth(self, order: Order) -> Decimal | None:
        """What a unit costs now, by the last ticker."""
        with self._database.read() as connection:
            ticker = candles.latest_ticker(connection, order.exchange, order.symbol)
        return ticker.ask if ticker else None

    def _is_due(self, what: str, order: Order, now: int) -> bool:
        key, moment = (what, order.client_order_id), boot_us()
        if moment - self._looked.get(key, 0) < reading.pause_us(now - order.decided_at_us):
            return False
        if len(self._looked) > _REMEMBERED:
            self._looked.clear()
        self._looked[key] = moment
        return True

    def _within(self, question: Awaitable[T], seconds: float) -> T:
        async def bounded() -> T:
            try:
                with asking(Priority.LIVE):
                    async with asyncio.timeout(seconds):
                        return await question
            except TimeoutError as error:
                raise RetryError(f"{self._name}: no answer within {seconds:g} s") from error

        return self._runner.run(bounded())
