"""The trader's story: what happens to one closed candle."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from shared import candles, ledger
from shared.clock import now_ms, now_us
from shared.config import RiskSettings, TraderSettings
from shared.database import Database, lease_time
from shared.errors import LeaseLostError
from shared.trading import Signal
from trader.broker import Broker
from trader.frames import Frames
from trader.freshness import is_fresh
from trader.holds import Decision, Holds
from trader.risk import NOTHING_TO_DO, Verdict, judge
from trader.running import Running
from trader.situation import barred, look_around, overrun, position_seen


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
    frames: Frames | None = None,
    holds: Holds | None = None,
) -> Signal | None:
    """Decide on one closed candle and commit what follows from it; to do nothing is left to `holds`, if there are any.

    None, and nothing is written, if it had been decided already, or if the candles before it do not reach as far
    back as the strategy must see: what lacks is being fetched. `frames` keep what they were asked for.
    """
    decision = _decide(database, running, candle, settings, broker, desk, frames or Frames(), newest=newest)
    if decision is None:
        return None
    if holds is not None and decision.is_hold:
        holds.add(decision)
        return decision.signal
    with database.write_as(running.id) as connection:
        is_new = enter(connection, decision, desk)
    return decision.signal if is_new else None


def _decide(
    database: Database,
    running: Running,
    candle: int,
    settings: TraderSettings,
    broker: Broker,
    desk: RiskSettings,
    frames: Frames,
    *,
    newest: bool,
) -> Decision | None:
    """Ask the strategy about one closed candle, and risk about its answer; None if it can't be shown enough yet."""
    fresh = is_fresh(candle, running.series.step, now_ms(), running.patience_ms(settings))
    with database.read() as connection:
        shown = frames.shown(connection, running.series, candle, running.strategy.warm_up)
        if shown is None:
            return None
        position = position_seen(connection, running)
    price = float(shown.run.close[-1])
    signal = running.decide(shown, position)
    if signal.is_hold:
        return Decision(running, candle, signal, price, NOTHING_TO_DO)
    with database.read() as connection:
        situation = look_around(connection, running, price, broker.costs, desk, now_us())
    may_open = newest or settings.late_entries
    verdict = judge(signal, situation, running, candle, fresh=fresh, may_open=may_open)
    return Decision(running, candle, replace(signal, side=verdict.side), price, verdict)


def enter(connection: Connection, decision: Decision, desk: RiskSettings) -> bool:
    """Signal, cursor and order intent, in the caller's one transaction, which proves the lease first.

    False, and nothing is written, if the candle had been decided already. What others do at the same moment is looked
    at once more: by now nobody else writes.
    """
    running, signal, verdict = decision.running, decision.signal, decision.verdict
    ledger.fence(connection, running.lease, *lease_time(connection))
    token, now = running.lease.token, now_us()
    if not ledger.advance(connection, running.id, decision.candle, token, now):
        return False
    if (order := verdict.order) is not None:
        why = barred(connection, running, order) or overrun(connection, order, desk, now)
        verdict = Verdict.refused(why, signal.side) if why else verdict
    if not decision.is_hold:
        ledger.record(
            connection,
            running.id,
            decision.candle,
            signal,
            price=decision.price,
            outcome=verdict.outcome,
            lease_token=token,
            now_us=now,
        )
    if verdict.order is not None:
        ledger.place(connection, verdict.order, token)
    return True


def enter_holds(database: Database, holds: Sequence[Decision], desk: RiskSettings) -> dict[str, LeaseLostError]:
    """Move the cursors of strategies that do nothing, in one transaction: each by its own lease, in its own books.

    Returns whose lease was lost: those alone stay where they are.
    """
    lost: dict[str, LeaseLostError] = {}
    with database.write_as_each() as own:
        for decision in holds:
            try:
                with own(decision.running.id) as connection:
                    enter(connection, decision, desk)
            except LeaseLostError as error:
                lost[decision.running.id] = error
    return lost
