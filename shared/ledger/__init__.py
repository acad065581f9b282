"""The ledger: strategies and their books, orders, leases. Each function works inside the caller's transaction."""

from shared.ledger.agenda import Agenda, agendas
from shared.ledger.books import books, deposit, settle
from shared.ledger.leases import claim, fence, is_unchanged, leases_of, release, renew
from shared.ledger.orders import attempts, filled, mark_sent, open_orders, place
from shared.ledger.protections import protect, protection, unprotect
from shared.ledger.requests import finish_requests, flatten_wanted, request_flatten
from shared.ledger.signals import advance, cursor, record
from shared.ledger.states import set_state, state_of, states_for
from shared.ledger.strategies import register, runnable

__all__ = [
    "Agenda",
    "advance",
    "agendas",
    "attempts",
    "books",
    "claim",
    "cursor",
    "deposit",
    "fence",
    "filled",
    "finish_requests",
    "flatten_wanted",
    "is_unchanged",
    "leases_of",
    "mark_sent",
    "open_orders",
    "place",
    "protect",
    "protection",
    "record",
    "register",
    "release",
    "renew",
    "request_flatten",
    "runnable",
    "set_state",
    "settle",
    "state_of",
    "states_for",
    "unprotect",
]
