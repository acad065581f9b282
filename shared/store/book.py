"""A script's own book: positions and cash in one market, made of the trades that the script tells."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Unpack

from sqlalchemy import Connection

from shared import ledger
from shared.candles import latest_ticker
from shared.clock import now_us
from shared.database import Database
from shared.errors import RepairError
from shared.ledger import ScriptBook
from shared.ledger.equity import enter_equity
from shared.market import quote_of
from shared.overview import Trade, trades_of
from shared.store.entering import Told, Way, enter, is_booked, wish_of
from shared.store.numbers import Exact, above_zero, side_of
from shared.trading import Balance, Books, Position, Side
from shared.trading.money import exact as exactly

_IS_OPEN = "a position is open already: `add` to it, or `trade`"
_IS_LESS = "the position is smaller: `close` it, or `trade` to turn it"
_IS_NONE = "no position is open: `open` one"


@dataclass(frozen=True)
class MarkedPosition:
    """A position and what it is worth at `mark`, all in the quote asset but `amount`, which is below zero if short.

    `mark` is None while the market has no price: then nothing is known of the worth of what is open.
    """

    symbol: str
    position: Position
    mark: Decimal | None
    cash: Decimal

    @property
    def amount(self) -> Decimal:
        """In the base asset."""
        return self.position.amount

    @property
    def average_price(self) -> Decimal:
        """What one unit was bought or sold for, without fees."""
        return self.position.average_price

    @property
    def realized_pnl(self) -> Decimal:
        """Of what is closed, after all fees."""
        return self.position.realized_pnl

    @property
    def unrealized_pnl(self) -> Decimal | None:
        """Profit if all were closed at the mark, before fees."""
        if not self.position.is_open:
            return Decimal(0)
        return None if self.mark is None else self.position.unrealized_pnl(self.mark)

    @property
    @exactly
    def pnl(self) -> Decimal | None:
        """Realized and unrealized."""
        unrealized = self.unrealized_pnl
        return None if unrealized is None else self.realized_pnl + unrealized

    @property
    @exactly
    def equity(self) -> Decimal | None:
        """Cash and the position at the mark."""
        if not self.position.is_open:
            return self.cash
        return None if self.mark is None else self.cash + self.position.value(self.mark)


class Book:
    """One script's book. Every call is one transaction: all that follows from a trade is kept, or nothing.

    A trade with an id that is in the book already changes nothing, so that it may be told again after a crash or a
    RetryError; RepairError if it is told otherwise. What may be told of a trade besides: `Told`.
    """

    def __init__(self, database: Database, book: ScriptBook) -> None:
        """Of a book that is there: `Store.book` opens and makes them."""
        self._database = database
        self._book = book

    @property
    def id(self) -> str:
        """The `strategy_id` in all tables."""
        return self._book.strategy_id

    @property
    def symbol(self) -> str:
        """The market."""
        return self._book.symbol

    def open(self, side: Side | str, amount: Exact, price: Exact, **told: Unpack[Told]) -> MarkedPosition:
        """Open a position by its first trade; `buy` is long, `sell` short. RepairError if one is open."""
        more = above_zero(amount, "amount")
        return self._enter(side_of(side), more, price, told, lambda position: position.is_open and _IS_OPEN)

    def add(self, amount: Exact, price: Exact, **told: Unpack[Told]) -> MarkedPosition:
        """Make the open position larger by a trade. RepairError if none is open."""
        return self._enter("more", above_zero(amount, "amount"), price, told)

    def reduce(self, amount: Exact, price: Exact, **told: Unpack[Told]) -> MarkedPosition:
        """Close a part of the open position by a trade. RepairError if none is open, or less than that."""
        most = above_zero(amount, "amount")
        return self._enter("less", most, price, told, lambda position: abs(position.amount) < most and _IS_LESS)

    def close(self, price: Exact, **told: Unpack[Told]) -> MarkedPosition:
        """Close all of the open position by a trade. RepairError if none is open."""
        return self._enter("less", None, price, told)

    def trade(self, side: Side | str, amount: Exact, price: Exact, **told: Unpack[Told]) -> MarkedPosition:
        """Book a trade whatever it does to the position: it may open, change, close or turn it."""
        return self._enter(side_of(side), above_zero(amount, "amount"), price, told)

    def position(self, mark: Exact | None = None) -> MarkedPosition:
        """What is held, at `mark`, or at the latest ticker: at the bid if long, at the ask if short."""
        price = None if mark is None else above_zero(mark, "mark")
        with self._database.read() as connection:
            return self._marked(connection, self._books(connection), price)

    def mark_to_market(self, mark: Exact | None = None) -> MarkedPosition:
        """The same, and what the book is worth is written to its equity history, so that the portfolio shows it.

        RepairError while the market has no price.
        """
        price = None if mark is None else above_zero(mark, "mark")
        with self._database.write_as(self.id) as connection:
            books = self._books(connection)
            found = self._marked(connection, books, price)
            if found.mark is None and found.position.is_open:
                raise RepairError(f"{self.id}: {self.symbol} has no price yet: give one as `mark`")
            enter_equity(connection, self.id, books, found.mark or Decimal(0), now_us())
            return found

    def balance(self, asset: str | None = None) -> Balance:
        """What the book has of an asset, by default of its quote asset: `total`, and `held` of it by open orders."""
        with self._database.read() as connection:
            return ledger.latest_balance(connection, self.id, asset or quote_of(self.symbol))

    def trades(self, count: int = 500) -> list[Trade]:
        """The newest `count` trades, newest first."""
        with self._database.read() as connection:
            return trades_of(connection, self.id, count)

    def _enter(
        self,
        way: Way,
        amount: Decimal | None,
        price: Exact,
        told: Told,
        refusal: Callable[[Position], str | bool] = lambda _: False,
    ) -> MarkedPosition:
        wish = wish_of(self._book, way, amount, price, told)
        with self._database.write_as(self.id) as connection:
            if not is_booked(connection, self._book, wish):
                before = self._books(connection).position
                if why := (wish.needs_position and not before.is_open and _IS_NONE) or refusal(before):
                    raise RepairError(f"{self.id}, {self.symbol}: {why}; nothing was written")
                enter(connection, self._book, wish.fill(self.symbol, before, now_us()), wish.reason, before, now_us())
            return self._marked(connection, self._books(connection), None)

    def _books(self, connection: Connection) -> Books:
        return ledger.books(connection, self.id, self._book.exchange, self.symbol)

    def _marked(self, connection: Connection, books: Books, mark: Decimal | None) -> MarkedPosition:
        if mark is None and (ticker := latest_ticker(connection, self._book.exchange, self.symbol)):
            mark = ticker.bid if books.position.amount >= 0 else ticker.ask
        return MarkedPosition(self.symbol, books.position, mark, books.cash)
