"""The trader's story: what happens to one closed candle, and to one open order."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared import candles, ledger
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.config import TraderSettings
from shared.database import Database
from shared.errors import StrategyError
from shared.indicators import Indicator, indicator, with_indicators
from shared.market import Frame, Series
from shared.trading import Lease, Position, Side, Signal, Strategy
from trader.due import due, is_fresh
from trader.paper import Paper, objection
from trader.risk import Situation, judge


@dataclass(frozen=True)
class Running:
    """A strategy this replica runs, under which lease."""

    lease: Lease
    series: Series
    strategy: Strategy
    indicators: Mapping[str, Indicator]

    @property
    def id(self) -> str:
        """The strategy_id, owner of the books."""
        return self.lease.strategy_id


def prepare(lease: Lease, series: Series, strategy: Strategy) -> Running:
    """Look up the strategy's indicators; StrategyError if one does not exist."""
    try:
        return Running(lease, series, strategy, {n: indicator(s) for n, s in strategy.indicators().items()})
    except ValueError as error:
        raise StrategyError(f"{lease.strategy_id}: {error}") from error


def due_candles(database: Database, running: Running, settings: TraderSettings) -> list[int]:
    """The closed candles the strategy has not decided on, oldest first."""
    with database.read() as connection:
        cursor = ledger.cursor(connection, running.id)
        newest = candles.watermark(connection, running.series)
        if newest is None or (cursor is not None and newest <= cursor):
            return []
        stored = [newest] if cursor is None else candles.opens_after(connection, running.series, cursor)
    return due(cursor, stored, settings.replay_candles)


def decide_candle(
    database: Database, running: Running, candle: int, settings: TraderSettings, *, newest: bool
) -> Signal | None:
    """Decide on one closed candle and commit what follows from it; None if it had been decided already.

    The signal, the cursor and the order intent stand in one transaction, which begins by proving the lease.
    """
    with database.read() as connection:
        frame = candles.frame(connection, running.series, candle, running.strategy.warm_up)
        books = ledger.books(connection, running.id, running.series.exchange, running.series.symbol)
        market = candles.market(connection, running.series.exchange, running.series.symbol)
        order_open = bool(ledger.open_orders(connection, running.id))
    signal = _decision(running, frame, books.position)

    fresh = is_fresh(candle, running.series.step, now_ms(), settings.stale_candles, settings.stale_seconds)
    price = float(frame.close[-1])
    situation = Situation(books, market, Decimal(str(price)), fresh=fresh, newest=newest, order_open=order_open)
    verdict = judge(signal, situation, running.id, running.series, candle, now_us())

    with database.write() as connection:
        ledger.fence(connection, running.lease, boot_us(), boot_id())
        token, now = running.lease.token, now_us()
        if not ledger.advance(connection, running.id, candle, token, now):
            return None
        if signal.side is not Side.HOLD:
            outcome = verdict.outcome
            ledger.record(
                connection, running.id, candle, signal, price=price, outcome=outcome, lease_token=token, now_us=now
            )
        if verdict.order is not None:
            ledger.place(connection, verdict.order, token)
    return signal


def settle_orders(database: Database, running: Running, paper: Paper) -> int:
    """Fill the open orders for which a ticker has come; returns how many.

    Trade, position, balances, equity and the order's state stand in one transaction, which begins by proving
    the lease; the trade's key refuses a fill that is booked already.
    """
    settled = 0
    with database.read() as connection:
        waiting = ledger.open_orders(connection, running.id)
    for order in waiting:
        with database.read() as connection:
            ticker = candles.first_ticker_after(connection, order.exchange, order.symbol, order.decided_at_us)
            market = candles.market(connection, order.exchange, order.symbol)
        if ticker is None or market is None:
            continue
        fill = paper.fill(order, ticker, market, now_us())
        with database.write() as connection:
            ledger.fence(connection, running.lease, boot_us(), boot_id())
            books = ledger.books(connection, running.id, order.exchange, order.symbol)
            if reason := objection(fill, books):
                ledger.reject(connection, order, reason, now_us())
            else:
                ledger.book(connection, order, fill, books, running.lease.token)
        settled += 1
    return settled


def _decision(running: Running, frame: Frame, position: Position) -> Signal:
    """Ask the strategy; a frame shorter than its warm-up is not shown to it. StrategyError carries the traceback."""
    if len(frame) < running.strategy.warm_up:
        return Signal(Side.HOLD, reason="warming up")
    try:
        signal = running.strategy.decide(with_indicators(frame, running.indicators), position)
    except Exception as error:
        raise StrategyError(f"{running.id} failed:\n{traceback.format_exc(limit=-5)}") from error
    if not isinstance(signal, Signal):
        raise StrategyError(f"{running.id} decided {signal!r}: decide() must return a Signal")
    return signal
