"""The ledger: strategies and their books, orders, leases. Each function works inside the caller's transaction."""

from shared.ledger.accounts import KnownOrder, booked, known_order, last_known_ms, live_books, live_orders
from shared.ledger.activity import newest_outcome, newest_signal, orders_since, trades_since
from shared.ledger.agenda import Agenda, agendas
from shared.ledger.balances import latest_balance, peek_balance, record_balances
from shared.ledger.books import books, positions_of
from shared.ledger.desk import Held, cash_of, entering, held, on_the_desk
from shared.ledger.equity import note_equity
from shared.ledger.fills import fills_of
from shared.ledger.leases import attend, claim, fence, is_unchanged, leases_of, leave, release, renew, replicas_there
from shared.ledger.marks import desk_scope, forget_marks, mark, marks, save_marks
from shared.ledger.orders import attempts, filled, known, mark_sent, open_orders, place
from shared.ledger.protections import protect, protection, unprotect
from shared.ledger.requests import (
    finish_requests,
    flatten_wanted,
    not_flat,
    request_flatten,
    unfinished,
    withdraw_requests,
)
from shared.ledger.scripts import HAS_MARKET, ScriptBook, open_script_book, script_book, script_books
from shared.ledger.settlement import deposit, settle
from shared.ledger.signals import advance, cursor, record
from shared.ledger.states import set_state, state_of, states_for, states_of_strategies, tighten
from shared.ledger.strategies import register, runnable
from shared.ledger.verify import Difference, extent, verify

__all__ = [
    "HAS_MARKET",
    "Agenda",
    "Difference",
    "Held",
    "KnownOrder",
    "ScriptBook",
    "advance",
    "agendas",
    "attempts",
    "attend",
    "booked",
    "books",
    "cash_of",
    "claim",
    "cursor",
    "deposit",
    "desk_scope",
    "entering",
    "extent",
    "fence",
    "filled",
    "fills_of",
    "finish_requests",
    "flatten_wanted",
    "forget_marks",
    "held",
    "is_unchanged",
    "known",
    "known_order",
    "last_known_ms",
    "latest_balance",
    "leases_of",
    "leave",
    "live_books",
    "live_orders",
    "mark",
    "mark_sent",
    "marks",
    "newest_outcome",
    "newest_signal",
    "not_flat",
    "note_equity",
    "on_the_desk",
    "open_orders",
    "open_script_book",
    "orders_since",
    "peek_balance",
    "place",
    "positions_of",
    "protect",
    "protection",
    "record",
    "record_balances",
    "register",
    "release",
    "renew",
    "replicas_there",
    "request_flatten",
    "runnable",
    "save_marks",
    "script_book",
    "script_books",
    "set_state",
    "settle",
    "state_of",
    "states_for",
    "states_of_strategies",
    "tighten",
    "trades_since",
    "unfinished",
    "unprotect",
    "verify",
    "withdraw_requests",
]
