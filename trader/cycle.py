"""The trader's story: what happens to one closed candle."""

from dataclasses import replace

from shared import candles, ledger
from shared.clock import now_ms, now_us
from shared.config import RiskSettings, TraderSettings
from shared.database import Database, lease_time
from shared.trading import Side, Signal
from trader.broker import Broker
from trader.freshness import is_fresh
from trader.risk import NOTHING_TO_DO, Verdict, judge
from trader.running import Running
from trader.situation import barred, look_around, position_seen


def due_candles(database: Database, running: Running, settings: TraderSettings) -> list[int]:
    """The closed candles the strategy has not decided on, oldest first.

    What lies behind a hole that is still to be fetched waits for it, so that every candle gets its decision; but not
    for longer than a decision may be old.
    """
    with database.read() as connection:
        cursor = ledger.cursor(connection, running.id)
        newest = candles.watermark(connection, running.series)
        if newest is None or (cursor is not None and newest <= cursor):
            return []
        if cursor is None:
            return [newest]
        opens = candles.opens_after(connection, running.series, cursor, settings.replay_candles)
        hole = candles.covered_until(connection, running.series, cursor + running.series.step)
    behind = next((candle for candle in opens if candle >= hole), None)
    if behind is None or not is_fresh(behind, running.series.step, now_ms(), running.patience_ms(settings)):
        return opens
    return [candle for candle in opens if candle < hole]


def decide_candle(
    database: Database,
    running: Running,
    candle: int,
    settings: TraderSettings,
    broker: Broker,
    desk: RiskSettings,
    *,
    newest: bool,
) -> Signal | None:
    """Decide on one closed candle and commit what follows from it.

    None, and nothing is written, if it had been decided already, or if the candles before it do not reach as far
    back as the strategy must see: what lacks is being fetched. The signal, the cursor and the order intent stand
    in one transaction, which begins by proving the lease.
    """
    fresh = is_fresh(candle, running.series.step, now_ms(), running.patience_ms(settings))
    with database.read() as connection:
        frame = candles.unbroken_frame(connection, running.series, candle, running.strategy.warm_up)
        if len(frame) < running.strategy.warm_up:
            return None
        position = position_seen(connection, running)
    price = float(frame.close[-1])
    signal, verdict = running.decide(frame, position), NOTHING_TO_DO
    if not signal.is_hold:
        with database.read() as connection:
            situation = look_around(connection, running, price, broker.costs, desk, now_us())
        may_open = newest or settings.late_entries
        verdict = judge(signal, situation, running, candle, fresh=fresh, may_open=may_open)
        signal = replace(signal, side=verdict.side)

    with database.write_as(running.id) as connection:
        ledger.fence(connection, running.lease, *lease_time(connection))
        token, now = running.lease.token, now_us()
        if not ledger.advance(connection, running.id, candle, token, now):
            return None
        if verdict.order is not None and (why := barred(connection, running, verdict.order)):
            verdict = Verdict.refused(why, signal.side)
        if signal.side is not Side.HOLD:
            outcome = verdict.outcome
            ledger.record(
                connection, running.id, candle, signal, price=price, outcome=outcome, lease_token=token, now_us=now
            )
        if verdict.order is not None:
            ledger.place(connection, verdict.order, token)
    return signal
