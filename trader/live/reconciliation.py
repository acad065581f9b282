"""Before a live strategy may trade: what the exchange says of its orders, trades and balances against the ledger."""

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared import candles, ledger
from shared.clock import boot_us, now_ms
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.exchange import SeenOrder, balances, could_be_ours, digits_in, fetch_order, open_orders, trades_since
from shared.trading import OpenOrder
from trader.live.account import Account
from trader.live.broker import LiveBroker
from trader.live.comparing import required, shortfall, under_way
from trader.running import Running

_log = logging.getLogger(__name__)

#: How long one call may ask before its lease wants to be renewed; what it found out by then is kept.
_SECONDS = 3.0
_WINDOW_MS = 86_400_000
_LONGEST_MS = 90 * _WINDOW_MS
_BEFORE_MS = 60_000


def reconcile(database: Database, running: Running, broker: LiveBroker) -> str | None:
    """Why the strategy may not trade: what the exchange has that the ledger can't explain; None if all agrees.

    Orders that are under way are no contradiction: whoever tends them settles them. Orders and trades of other
    programs on the same account are theirs. RetryError while the exchange can't be asked, or if there is more to look
    through than one call may take: it goes on where it stopped.
    """
    try:
        account = broker.open()
        return (
            _terms(account, running)
            or _open(database, running, broker, account)
            or _trades(database, running, broker, account)
            or _balances(database, running, broker, account)
        )
    except RepairError as error:
        return str(error)


def _terms(account: Account, running: Running) -> str | None:
    market = (account.client.ccxt.markets or {}).get(running.series.symbol)
    if market is None or market.get("active") is False:
        return f"{running.series.exchange} does not trade {running.series.symbol} now"
    if market.get("spot") is not True:
        return f"{running.series.symbol} is no spot market: only those are traded live"
    left = (running.lease.expires_us - boot_us()) / 1_000_000
    if left < account.valid_seconds:
        raise RetryError(
            f"{running.id}: an order at {account.client.name} is valid for {account.valid_seconds:g} s, the lease for"
            f" {left:.1f} s more: waiting for its renewal (if this stays so: raise trader.lease_seconds)"
        )
    return None


def _open(database: Database, running: Running, broker: LiveBroker, account: Account) -> str | None:
    """Every open order that looks like one of ours must be in the ledger, and open there."""
    found = broker.ask(open_orders, account.client, running.series.symbol)
    foreign = [seen.id for seen in found if not could_be_ours(seen.client_id)]
    if foreign:
        _log.warning("%s has open orders of other programs: %s", running.series, ", ".join(foreign))
    return next((reason for seen in found if (reason := _unexplained_order(database, running, seen))), None)


def _unexplained_order(database: Database, running: Running, seen: SeenOrder) -> str | None:
    with database.read() as connection:
        known = ledger.known_order(
            connection, running.series.exchange, running.series.symbol, seen.id, digits_in(seen.client_id)
        )
    if known is None and not could_be_ours(seen.client_id):
        return None
    if known is not None and (known.strategy_id != running.id or not known.status.is_done):
        return None  # another strategy's moves while we look; its owner holds it against its books
    what = "the ledger does not know" if known is None else f"the ledger has as {known.status.value}"
    return (
        f"{running.series.exchange} has an open order {seen.id} ({seen.client_id}) that {what}: cancel it there, then"
        " resume"
    )


def _trades(database: Database, running: Running, broker: LiveBroker, account: Account) -> str | None:
    """Every trade since the books were last looked after must be booked, or be one of an order that is under way."""
    offset = account.client.now() - now_ms()
    with database.read() as connection:
        last = ledger.last_known_ms(connection, running.id) + offset - _BEFORE_MS
    start = max(account.explained_ms.get(running.id, 0), last, account.client.now() - _LONGEST_MS)
    began, end = boot_us(), account.client.now()
    while start <= end:
        until = start + _WINDOW_MS
        made = broker.ask(trades_since, account.client, account.terms, running.series.symbol, start, until)
        if reason := _unexplained_trades(database, running, broker, account, made):
            return reason
        account.explained_ms[running.id] = start = until
        if start <= end and boot_us() - began > _SECONDS * 1_000_000:
            raise RetryError(f"{running.id}: looking through its trades since it last ran; going on")
    account.explained_ms.pop(running.id, None)
    return None


def _unexplained_trades(
    database: Database, running: Running, broker: LiveBroker, account: Account, made: Sequence[Mapping[str, Any]]
) -> str | None:
    exchange, symbol = running.series.exchange, running.series.symbol
    ids = {str(trade["id"]): str(trade["order"]) for trade in made}
    with database.read() as connection:
        booked = ledger.booked(connection, exchange, symbol, ids.keys())
    for order_id in sorted({order for trade, order in ids.items() if trade not in booked}):
        with database.read() as connection:
            known = ledger.known_order(connection, exchange, symbol, order_id, "")
        if known is None:
            seen = broker.ask(fetch_order, account.client, account.terms, order_id, symbol)
            if seen is None or not could_be_ours(seen.client_id):
                continue
            with database.read() as connection:
                known = ledger.known_order(connection, exchange, symbol, order_id, digits_in(seen.client_id))
        if known is None or (known.strategy_id == running.id and known.status.is_done):
            of = known.client_order_id if known else "an order that the ledger does not know"
            return (
                f"{exchange} lists trades of order {order_id} ({of}) that are in nobody's books: a restored backup, or"
                " orders made elsewhere under our ids; correct the books, then resume"
            )
    return None


def _balances(database: Database, running: Running, broker: LiveBroker, account: Account) -> str | None:
    """The account is everybody's: what others have under way, or book meanwhile, must not look like a loss."""
    exchange = running.series.exchange
    before, waiting = _booked(database, exchange)
    held = broker.ask(balances, account.client)
    after, later = _booked(database, exchange)
    if before != after:
        raise RetryError(f"{exchange}: its books moved while the account was asked; comparing again")
    orders = {each.order.client_order_id: each for each in (*waiting, *later)}
    with database.read() as connection:
        symbols = {each.order.symbol for each in orders.values()}
        tickers = {symbol: candles.latest_ticker(connection, exchange, symbol) for symbol in symbols}
    prices = {symbol: ticker.ask for symbol, ticker in tickers.items() if ticker}
    return shortfall(before, held, under_way(orders.values(), prices), exchange)


def _booked(database: Database, exchange: str) -> tuple[dict[str, Decimal], list[OpenOrder]]:
    with database.read() as connection:
        books = [(symbol, each) for _, symbol, each in ledger.live_books(connection, exchange)]
        return required(books), ledger.live_orders(connection, exchange)
