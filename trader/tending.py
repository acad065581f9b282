"""The trader's other story: what happens to an open order, and to what protects a position."""

from dataclasses import replace

from sqlalchemy import Connection

from shared import ledger
from shared.clock import now_us
from shared.config import RiskSettings, TraderSettings
from shared.database import Database, lease_time
from shared.trading import Books, OpenOrder, Order, Report, Status
from trader.broker import Broker, Sender
from trader.closing import (
    closable,
    closing_order,
    is_closing,
    is_pausing,
    is_tradable,
    is_under_way,
    remainder,
    takes_too_much,
    waits_for_another,
)
from trader.risk import last_moment, unwanted
from trader.running import Running
from trader.situation import Situation, barred, look_around


def tend_orders(
    database: Database, running: Running, settings: TraderSettings, broker: Broker, desk: RiskSettings
) -> int:
    """Carry out, look at or take back each open order; returns for how many something was new."""
    with database.read() as connection:
        if not ledger.open_orders(connection, running.id):
            return 0
        situation = look_around(connection, running, None, broker.costs, desk, now_us())
    patience = running.patience_ms(settings)
    return sum(_tend(database, running, each, broker, situation, patience) for each in situation.waiting)


def _tend(
    database: Database,
    running: Running,
    waiting: OpenOrder,
    broker: Broker,
    situation: Situation,
    patience_ms: float,
) -> bool:
    if waiting.status is Status.NEW and is_pausing(waiting.order, situation.now_us):
        return False
    reason, until = unwanted(waiting, situation, patience_ms), last_moment(waiting, patience_ms)
    if waiting.status is Status.NEW and reason:
        report: Report | None = _cancelled(reason)
    elif waiting.status is Status.NEW and isinstance(broker, Sender):
        report = _send(database, running, waiting, broker)
    else:
        report = broker.look(database, waiting, now_us(), until)
        if reason and (report is None or not (report.fills or report.status.is_done)):  # fills are booked first
            report = broker.cancel(database, waiting, reason, now_us(), running.lease)
    if report is None:
        return False
    _settle(database, running, waiting, report, situation)
    return True


def _send(database: Database, running: Running, waiting: OpenOrder, broker: Sender) -> Report | None:
    """From the first commit on the order may be live; whoever finds it `sent` looks it up and never sends it again."""
    until = broker.sent_until_ms(running.lease)
    with database.write_as(running.id) as connection:
        ledger.fence(connection, running.lease, *lease_time(connection))
        if why := barred(connection, running, waiting.order):
            return _cancelled(why)
        if waits_for_another(waiting.order, ledger.open_orders(connection, running.id), now_us()):
            return None
        if takes_too_much(waiting.order, _books(connection, waiting.order).position):
            return _cancelled("the position is less by now")
        ledger.mark_sent(connection, waiting, until, running.lease.token, now_us())
    return broker.send(replace(waiting, status=Status.SENT, sent_until_ms=until), running.lease)


def _cancelled(reason: str) -> Report:
    return Report(Status.CANCELLED, reason=reason)


def _books(connection: Connection, order: Order) -> Books:
    return ledger.books(connection, order.strategy_id, order.exchange, order.symbol)


def _settle(database: Database, running: Running, waiting: OpenOrder, report: Report, situation: Situation) -> None:
    """Trades, position, balances, equity, protection and the order's state: one transaction, which proves the lease."""
    order, token, now = waiting.order, running.lease.token, now_us()
    with database.write_as(running.id) as connection:
        ledger.fence(connection, running.lease, *lease_time(connection))
        books = ledger.settle(connection, waiting, report, token, now)
        still = [each.order for each in ledger.open_orders(connection, running.id)]
        if not is_tradable(books.position, situation.market):
            ledger.unprotect(connection, running.id)
            if not any(each.is_entry for each in still):  # one that is under way may yet be filled
                ledger.finish_requests(connection, running.id, now)
        elif order.is_entry and report.fills:
            ledger.protect(connection, order, token, now)
        left = order.amount - ledger.filled(connection, order)
        rest = remainder(order, report, left, books.position, situation, now)
        if rest is not None and all(each.is_entry for each in still):  # else another exit has taken its place
            ledger.place(connection, rest, token)


def watch_position(database: Database, running: Running, broker: Broker, desk: RiskSettings) -> Order | None:
    """Close the position if its stop or target is reached, or if the operator wants it flat; the order placed."""
    with database.read() as connection:
        protection = ledger.protection(connection, running.id)
        flatten = ledger.flatten_wanted(connection, running.id)
        situation = look_around(connection, running, None, broker.costs, desk, now_us())
        attempts = ledger.attempts(connection, running.id)
    order = closing_order(running, situation, protection, attempts, flatten=flatten)
    if order is None and (flatten is None or not _is_flat(situation)):
        return None
    with database.write_as(running.id) as connection:
        ledger.fence(connection, running.lease, *lease_time(connection))
        if order is None:
            ledger.finish_requests(connection, running.id, now_us())
        elif not any(is_under_way(each, now_us()) for each in ledger.open_orders(connection, running.id)):
            ledger.place(connection, order, running.lease.token)
    return order


def _is_flat(situation: Situation) -> bool:
    """Whether nothing is left that the market would take, nor may yet be bought."""
    position, market = situation.books.position, situation.market
    if any(each.order.is_entry or is_closing(each) for each in situation.waiting):
        return False
    if market is None:
        return not position.is_open
    return not closable(abs(position.amount), position, market, situation.ticker)
