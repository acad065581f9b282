"""What is known about a strategy at the moment of a decision, read in one view of the database."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from shared import candles, ledger
from shared.config import RiskSettings
from shared.flag import raised
from shared.market import Market, Ticker
from shared.trading import NOTHING_LATELY, Books, Lately, OpenOrder, Order, Position, Side, State, StateRow, effective
from trader.closing import is_tradable
from trader.freshness import exchange_objection
from trader.lately import MINUTE_US, desk_lately, own_lately
from trader.running import Running


@dataclass(frozen=True)
class Situation:
    """`price` is the close a signal was decided on, None where only orders are looked at.

    `costs` is what fee and slippage add to an entry, a fraction; `objection` is what speaks against new exposure on
    the exchange; `limits` are the strategy's, `desk` those of all strategies together, and `lately` and `desk_lately`
    what counts against them. `newest_signal` (candle, side) is only known while an entry is open.
    """

    books: Books
    market: Market | None
    ticker: Ticker | None
    price: Decimal | None
    costs: Decimal
    waiting: tuple[OpenOrder, ...]
    state: StateRow
    limits: RiskSettings
    desk: RiskSettings
    objection: str | None
    now_us: int
    lately: Lately = NOTHING_LATELY
    desk_lately: Lately = NOTHING_LATELY
    newest_signal: tuple[int, Side] | None = None

    @property
    def position(self) -> Position:
        """As the strategy sees it: what is too little to be sold is not there."""
        return _seen(self.books.position, self.market)


def position_seen(connection: Connection, running: Running) -> Position:
    """The position as the strategy sees it, without all the rest: most decisions ask for nothing."""
    exchange, symbol = running.series.exchange, running.series.symbol
    held = ledger.books(connection, running.id, exchange, symbol).position
    return _seen(held, candles.market(connection, exchange, symbol))


def _seen(held: Position, market: Market | None) -> Position:
    return held if is_tradable(held, market) else Position(realized_pnl=held.realized_pnl, fees=held.fees)


def look_around(
    connection: Connection,
    running: Running,
    price: float | None,
    costs: Callable[[Market | None], Decimal],
    desk: RiskSettings,
    now_us: int,
) -> Situation:
    """Read it all; `price` as the candle has it, `costs` as the broker reckons them."""
    exchange, symbol = running.series.exchange, running.series.symbol
    status = candles.read_exchange(connection, exchange)
    market = candles.market(connection, exchange, symbol)
    books = ledger.books(connection, running.id, exchange, symbol)
    ticker = candles.latest_ticker(connection, exchange, symbol)
    waiting = tuple(ledger.open_orders(connection, running.id))
    close = None if price is None else Decimal(str(price))
    mark = close or (ticker.bid if ticker else None)
    return Situation(
        books=books,
        market=market,
        ticker=ticker,
        price=close,
        costs=costs(market),
        waiting=waiting,
        state=state_now(connection, running),
        limits=running.limits,
        desk=desk,
        objection=exchange_objection(
            exchange, status.status, status.reason, status.clock_offset_ms, running.clock_limit_ms
        )
        if status
        else None,
        now_us=now_us,
        lately=own_lately(connection, running, books, waiting, mark, now_us),
        desk_lately=desk_lately(connection, running, desk, now_us),
        newest_signal=ledger.newest_signal(connection, running.id) if any(o.order.is_entry for o in waiting) else None,
    )


def state_now(connection: Connection, running: Running) -> StateRow:
    """What holds for the strategy in this moment: the strictest of the flag file, the desk's state and its own."""
    return effective([*ledger.states_for(connection, running.id), *raised(running.flag)])


def overrun(connection: Connection, order: Order, desk: RiskSettings, now_us: int) -> str | None:
    """Whether others have ordered so much that the desk's limit is reached, asked in the transaction that orders."""
    most = desk.orders_per_minute
    if most is None or not order.is_entry:
        return None
    there = ledger.orders_since(connection, now_us - MINUTE_US)
    return f"the desk's orders_per_minute: {there} within the last minute" if there >= most else None


def barred(connection: Connection, running: Running, order: Order) -> str | None:
    """Why an order may not be placed or sent any more, asked in the transaction that does it; an exit always may."""
    state = state_now(connection, running) if order.is_entry else StateRow(running.id)
    return None if state.state is State.ACTIVE else state.words
