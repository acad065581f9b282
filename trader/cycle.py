"""The trader's story: what happens to one closed candle, and to one open order."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared import candles, ledger
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.config import ExchangeSettings, TraderSettings
from shared.database import Database
from shared.errors import StrategyError
from shared.indicators import Indicator, indicator, with_indicators
from shared.market import Frame, Series
from shared.trading import Lease, Position, Side, Signal, Strategy
from trader.freshness import exchange_objection, is_fresh, patience
from trader.paper import Paper, is_expired, objection
from trader.risk import Situation, judge


@dataclass(frozen=True)
class Running:
    """A strategy this replica runs, under which lease; and how far off its exchange's clock may be."""

    lease: Lease
    series: Series
    strategy: Strategy
    indicators: Mapping[str, Indicator]
    clock_limit_ms: int

    @property
    def id(self) -> str:
        """The strategy_id, owner of the books."""
        return self.lease.strategy_id

    def patience_ms(self, settings: TraderSettings) -> float:
        """How old what it decides on may be for new exposure."""
        return patience(self.series.step, settings.stale_candles, settings.stale_seconds)


def prepare(
    lease: Lease, series: Series, strategy: Strategy, clock_limit_ms: int = ExchangeSettings().clock_limit_ms
) -> Running:
    """Ask the strategy what it needs; StrategyError if it can't say or asks for what does not exist."""
    try:
        found = {name: indicator(spec) for name, spec in strategy.indicators().items()}
        warm_up = strategy.warm_up
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{lease.strategy_id}: {type(error).__name__}: {error}") from error
    if type(warm_up) is not int or warm_up < 1:
        raise StrategyError(
            f"{lease.strategy_id}: warm_up must be a whole number of candles from 1 on, not {warm_up!r}"
        )
    return Running(lease, series, strategy, found, clock_limit_ms)


def due_candles(database: Database, running: Running, settings: TraderSettings) -> list[int]:
    """The closed candles the strategy has not decided on, oldest first."""
    with database.read() as connection:
        cursor = ledger.cursor(connection, running.id)
        newest = candles.watermark(connection, running.series)
        if newest is None or (cursor is not None and newest <= cursor):
            return []
        if cursor is None:
            return [newest]
        return candles.opens_after(connection, running.series, cursor, settings.replay_candles)


def decide_candle(
    database: Database, running: Running, candle: int, settings: TraderSettings, paper: Paper, *, newest: bool
) -> Signal | None:
    """Decide on one closed candle and commit what follows from it.

    None, and nothing is written, if it had been decided already, or if the candles before it do not reach as far
    back as the strategy must see: what lacks is being fetched. The signal, the cursor and the order intent stand
    in one transaction, which begins by proving the lease.
    """
    with database.read() as connection:
        frame = candles.unbroken_frame(connection, running.series, candle, running.strategy.warm_up)
        books = ledger.books(connection, running.id, running.series.exchange, running.series.symbol)
        market = candles.market(connection, running.series.exchange, running.series.symbol)
        order_open = bool(ledger.open_orders(connection, running.id))
        exchange = candles.read_exchange(connection, running.series.exchange)
    if len(frame) < running.strategy.warm_up:
        return None
    signal = _decision(running, frame, books.position)

    fresh = is_fresh(candle, running.series.step, now_ms(), running.patience_ms(settings))
    price = float(frame.close[-1])
    situation = Situation(
        books,
        market,
        Decimal(str(price)),
        paper.costs,
        fresh=fresh,
        newest=newest,
        order_open=order_open,
        objection=_objection(running, exchange),
    )
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


def settle_orders(database: Database, running: Running, settings: TraderSettings, paper: Paper) -> int:
    """Fill the open orders for which a ticker has come, let go of entries that waited too long; returns how many.

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
        expired = is_expired(order, ticker.received_at_us if ticker else now_us(), running.patience_ms(settings))
        if (ticker is None or market is None) and not expired:
            continue
        with database.write() as connection:
            ledger.fence(connection, running.lease, boot_us(), boot_id())
            books = ledger.books(connection, running.id, order.exchange, order.symbol)
            if expired or ticker is None or market is None:
                ledger.cancel(connection, order, "no price came in time: the decision is stale", now_us())
                continue
            fill = paper.fill(order, ticker, market, now_us())
            if reason := objection(fill, books):
                ledger.reject(connection, order, reason, now_us())
            else:
                ledger.book(connection, order, fill, books, running.lease.token)
        settled += 1
    return settled


def _objection(running: Running, exchange: candles.ExchangeStatus | None) -> str | None:
    """What speaks against new exposure on the exchange, as the backfiller sees it."""
    if exchange is None:
        return None
    return exchange_objection(
        exchange.exchange, exchange.status, exchange.reason, exchange.clock_offset_ms, running.clock_limit_ms
    )


def _decision(running: Running, frame: Frame, position: Position) -> Signal:
    """Ask the strategy. StrategyError carries the traceback."""
    try:
        signal = running.strategy.decide(with_indicators(frame, running.indicators), position)
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{running.id} failed:\n{traceback.format_exc(limit=-5)}") from error
    if not isinstance(signal, Signal):
        raise StrategyError(f"{running.id} decided {signal!r}: decide() must return a Signal")
    return signal
