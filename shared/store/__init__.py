"""The store: everything that is kept, for a user's own scripts and notebooks. docs/python.md."""

from shared.store.book import Book, MarkedPosition
from shared.store.changes import Change
from shared.store.entering import Told
from shared.store.follow import Bookmark, Follower
from shared.store.numbers import Exact
from shared.store.store import Store
from shared.store.wallet import Seen, Wallet

__all__ = ["Book", "Bookmark", "Change", "Exact", "Follower", "MarkedPosition", "Seen", "Store", "Told", "Wallet"]
