"""Tiers: rows of tables that have aged leave the database for files, which are packed harder the older they get."""

from shared.archive.place import TABLES
from shared.archive.record import Move, moves
from shared.tiers.catalogue import TierFile, all_files, files_of
from shared.tiers.move import Moved, move_aged
from shared.tiers.pack import pack_aged, tidy
from shared.tiers.read import BalanceRow, EquityRow, balances, equity, tickers
from shared.tiers.shelf import Shelf
from shared.tiers.tables import AGED, Aged
from shared.tiers.thaw import thaw
from shared.tiers.verify import Problem, verify

__all__ = [
    "AGED",
    "TABLES",
    "Aged",
    "BalanceRow",
    "EquityRow",
    "Move",
    "Moved",
    "Problem",
    "Shelf",
    "TierFile",
    "all_files",
    "balances",
    "equity",
    "files_of",
    "move_aged",
    "moves",
    "pack_aged",
    "thaw",
    "tickers",
    "tidy",
    "verify",
]
