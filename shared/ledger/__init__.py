"""The ledger: strategies and their books, orders, leases. Each function works inside the caller's transaction."""

from shared.ledger.books import book, books, deposit
from shared.ledger.leases import claim, fence, is_unchanged, leases_of, release, renew
from shared.ledger.orders import cancel, open_orders, place, reject
from shared.ledger.signals import advance, cursor, record
from shared.ledger.strategies import halt, register, resume, runnable

__all__ = [
    "advance",
    "book",
    "books",
    "cancel",
    "claim",
    "cursor",
    "deposit",
    "fence",
    "halt",
    "is_unchanged",
    "leases_of",
    "open_orders",
    "place",
    "record",
    "register",
    "reject",
    "release",
    "renew",
    "resume",
    "runnable",
]
