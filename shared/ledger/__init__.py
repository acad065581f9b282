"""The ledger: strategies and their books, orders, leases. Each function works inside the caller's transaction."""

from shared.ledger.books import book, books, deposit
from shared.ledger.leases import claim, fence, leases_of, release, renew
from shared.ledger.orders import open_orders, place, reject
from shared.ledger.signals import advance, cursor, record
from shared.ledger.strategies import halt, register, resume, runnable

__all__ = [
    "advance",
    "book",
    "books",
    "claim",
    "cursor",
    "deposit",
    "fence",
    "halt",
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
