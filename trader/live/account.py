"""One exchange's account, opened and checked: what the live broker asks of it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal

from shared import candles
from shared.clock import boot_us, now_ms
from shared.config import ExchangeSettings
from shared.database import Database
from shared.errors import ChandlerError, ConfigError, RepairError
from shared.exchange import (
    Client,
    Gate,
    Passage,
    SeenOrder,
    Terms,
    blames_clock,
    cancel_order,
    check_key,
    fetch_markets,
    fetch_order,
    fills_of,
    find_order,
    leaving,
    measure_clock,
    open_client,
    resting_price,
    submit_order,
    terms_of,
    trades_since,
)
from shared.trading import Fill, Kind, OpenOrder, Order, Side

_CLOCK_US = 600 * 1_000_000
#: Between the host's clock, by which orders are decided, and the exchange's.
_SLACK_MS = 10_000


async def connect(name: str, settings: ExchangeSettings, gate: Gate) -> "Account":
    """Open an account for trading. RepairError if key, exchange or sandbox do not allow it."""
    try:
        client = open_client(name, settings, gate, trading=True)
    except ConfigError as error:
        raise RepairError(str(error)) from error
    try:
        account = Account(client, terms_of(client.id), settings)
        await fetch_markets(client)
        await account.set_clock()
        await check_key(client, accept_unknown=settings.unknown_permissions)
    except ChandlerError:
        await client.close()
        raise
    # From here on an answer that comes late is worth no more than none.
    client.ccxt.timeout = int(account.valid_seconds * 1000)
    return account


@dataclass
class Account:
    """A client with keys, its exchange's terms, and the clock its requests are signed by.

    `explained_ms` is, of strategies whose trades are being looked through, up to when (exchange's clock) that was done.
    """

    client: Client
    terms: Terms
    settings: ExchangeSettings
    explained_ms: dict[str, int] = field(default_factory=dict)
    _clock_at: int = field(default=-_CLOCK_US)
    _owners: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def valid_seconds(self) -> float:
        """How long the exchange may take up a request after it was signed."""
        return self.terms.seconds(self.settings.order_seconds)

    def passage(self, objection: Callable[[], str | None]) -> Passage:
        """The way out for one request."""
        return Passage(objection)

    async def set_clock(self) -> None:
        """Measure the exchange's clock every ten minutes, and have requests signed by it rather than by the host's."""
        if boot_us() - self._clock_at >= _CLOCK_US:
            await measure_clock(self.client)
            self._clock_at = boot_us()
        options = self.client.ccxt.options
        options["timeDifference"] = now_ms() - self.client.now()
        options["recvWindow"] = int(self.settings.order_seconds * 1000)

    def doubt_clock(self, error: ChandlerError) -> None:
        """Measure again next time if the exchange complained about the time of a request."""
        if blames_clock(error):
            self._clock_at = -_CLOCK_US

    def clock_objection(self) -> str | None:
        """Whether the two clocks differ too much for new exposure."""
        offset = self.client.now() - now_ms()
        if abs(offset) <= self.settings.clock_limit_ms:
            return None
        return f"{self.client.name}'s clock is {offset:+d} ms from this host's (clock_limit_ms): set the host's clock"

    async def submit(self, order: Order, until_ms: int, passage: Passage, worth: Decimal | None) -> SeenOrder:
        """See shared.exchange.submit_order; `worth` is what a unit costs now."""
        spends = self.terms.spends and order.side is Side.BUY
        price = resting_price(self.client, order) if order.kind is Kind.LIMIT else (worth if spends else None)
        return await submit_order(self.client, self.terms, order, until_ms, passage, price)

    async def find(self, waiting: OpenOrder) -> SeenOrder | None:
        """The order by the exchange's id if it is known, else by ours; None if there is none."""
        await self.set_clock()
        if waiting.exchange_order_id:
            return await fetch_order(self.client, self.terms, waiting.exchange_order_id, waiting.order.symbol)
        return await find_order(self.client, self.terms, waiting.order, self.since_ms(waiting.order))

    async def find_by_trace(
        self, order: Order, booked: Callable[[Collection[str]], Collection[str]]
    ) -> SeenOrder | None:
        """By what else it would have left: an open order with our id, or trades of one.

        `booked` tells which trades are in the books already, and so of another order. Whose an order is never
        changes: each is asked for once, so that a busy account is looked through in the end, too.
        """
        ours = self.terms.form(order.client_order_id)
        for raw in await self.client.ask("open orders", "fetch_open_orders", order.symbol):
            if raw.get("clientOrderId") == ours:
                return await fetch_order(self.client, self.terms, str(raw["id"]), order.symbol)
        made = await trades_since(self.client, self.terms, order.symbol, self.since_ms(order))
        done = booked([str(trade["id"]) for trade in made])
        for order_id in sorted({str(trade["order"]) for trade in made if str(trade["id"]) not in done}):
            if self._owners.get((order.symbol, order_id), ours) != ours:
                continue
            seen = await fetch_order(self.client, self.terms, order_id, order.symbol)
            if seen and seen.client_id == ours:
                return seen
            if seen and seen.client_id:
                self._owners[order.symbol, order_id] = seen.client_id
        return None

    async def cancel(self, order_id: str, symbol: str, passage: Passage) -> None:
        """Ask for it to be taken back."""
        with leaving(passage):
            await cancel_order(self.client, order_id, symbol)

    async def fills(self, order: Order, order_id: str) -> tuple[Fill, ...]:
        """What was filled of an order."""
        return await fills_of(self.client, self.terms, order.symbol, order_id, self.since_ms(order))

    def valued(self, fill: Fill, database: Database) -> Fill:
        """With what a fee in a third asset was worth, if its market is one we follow."""
        if fill.fee_asset in (fill.base, fill.quote):
            return fill
        with database.read() as connection:
            ticker = candles.latest_ticker(connection, self.client.name, f"{fill.fee_asset}/{fill.quote}")
        return replace(fill, fee_value=fill.fee * ticker.last) if ticker else fill

    def since_ms(self, order: Order) -> int:
        """A moment of the exchange's clock before the order can have been there."""
        return order.decided_at_us // 1_000 + (self.client.now() - now_ms()) - _SLACK_MS
