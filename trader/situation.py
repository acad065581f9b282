"""What is known about a strategy at the moment of a decision, read in one view of the database."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from shared import candles, ledger
from shared.config import RiskSettings
from shared.market import Market, Ticker
from shared.trading import Books, OpenOrder, Position, StateRow, effective
from trader.closing import is_tradable
from trader.freshness import exchange_objection
from trader.running import Running


@dataclass(frozen=True)
class Situation:
    """`price` is the close a signal was decided on, None where only orders are looked at.

    `costs` is what fee and slippage add to an entry, a fraction; `objection` is what speaks against new exposure on
    the exchange; `limits` are the strategy's, `desk` those of all strategies together.
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

    @property
    def position(self) -> Position:
        """As the strategy sees it: what is too little to be sold is not there."""
        held = self.books.position
        return held if is_tradable(held, self.market) else Position(realized_pnl=held.realized_pnl, fees=held.fees)


def look_around(
    connection: Connection, running: Running, price: float | None, costs: Decimal, desk: RiskSettings, now_us: int
) -> Situation:
    """Read it all; `price` as the candle has it."""
    exchange, symbol = running.series.exchange, running.series.symbol
    status = candles.read_exchange(connection, exchange)
    return Situation(
        books=ledger.books(connection, running.id, exchange, symbol),
        market=candles.market(connection, exchange, symbol),
        ticker=candles.latest_ticker(connection, exchange, symbol),
        price=None if price is None else Decimal(str(price)),
        costs=costs,
        waiting=tuple(ledger.open_orders(connection, running.id)),
        state=effective(ledger.states_for(connection, running.id)),
        limits=running.limits,
        desk=desk,
        objection=status
        and exchange_objection(exchange, status.status, status.reason, status.clock_offset_ms, running.clock_limit_ms),
        now_us=now_us,
    )
