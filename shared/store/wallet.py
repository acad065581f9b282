"""A wallet: balances that a script has seen somewhere, at an exchange's account for example, kept as they were told."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, distinct, select

from shared import ledger
from shared.clock import now_us
from shared.database import Database
from shared.errors import RetryError
from shared.ledger import ScriptBook
from shared.models import balance_history
from shared.store.numbers import Exact, exact, moment, not_below_zero, text
from shared.trading import Balance, BalanceChange
from shared.trading.money import ZERO, is_sane
from shared.trading.money import exact as exactly

#: How many rows a transaction holds the write lock for: some 30 ms, so that nobody's trade waits for longer.
PIECE = 2_500
_SOURCE = "recorded"
_ASSETS = select(distinct(balance_history.c.asset)).where(balance_history.c.strategy_id == bindparam("strategy_id"))


class Seen(NamedTuple):
    """What there was of an asset at `at_us` (UTC; None: now): `total`, of which `held` was not free."""

    asset: str
    total: Exact
    held: Exact = 0
    at_us: int | None = None
    reason: str = _SOURCE


class Wallet:
    """One wallet, kept in `balance_history` under its id. What changed since the last time is worked out here.

    Its money is no part of the portfolio, which would count it twice: whoever trades has books of his own.
    """

    def __init__(self, database: Database, wallet: ScriptBook) -> None:
        """Of a wallet that is there: `Store.wallet` opens and makes them."""
        self._database = database
        self._wallet = wallet

    @property
    def id(self) -> str:
        """The `strategy_id` in all tables."""
        return self._wallet.strategy_id

    def record(
        self, asset: str, total: Exact, held: Exact = 0, *, reason: str = _SOURCE, at_us: int | None = None
    ) -> Balance:
        """Keep what there is of an asset; below zero it is owed. Returns it."""
        self.record_many([Seen(asset, total, held, at_us, reason)])
        return Balance(exact(total, "total"), exact(held, "held"))

    def record_many(self, seen: Iterable[Seen | Sequence[Any]]) -> int:
        """Keep many at once, in their order; a plain tuple is read as `Seen`. Returns how many.

        All are looked at before the first is written: a wrong one keeps all out. Up to `PIECE` of them are one
        transaction; more are several, so that traders can write between them, and RetryError says how many are kept.
        """
        rows = list(_looked_at(seen))
        for start in range(0, len(rows), PIECE):
            try:
                with self._database.write_as(self.id) as connection:
                    self._record(connection, rows[start : start + PIECE])
            except RetryError as error:
                kept = f"{start} of {len(rows)} rows are kept: tell those after them again"
                raise RetryError(f"{error}; {kept}") from error
        return len(rows)

    def latest(self, asset: str) -> Balance:
        """What there was of an asset the last time; nothing if it was never told."""
        return ledger.peek_balance(self._database, self.id, asset)

    def balances(self) -> dict[str, Balance]:
        """The same of every asset."""
        with self._database.read() as connection:
            names = connection.execute(_ASSETS, {"strategy_id": self.id}).scalars().all()
            return {name: ledger.latest_balance(connection, self.id, name) for name in sorted(names)}

    def _record(self, connection: Connection, rows: Sequence["_Row"]) -> None:
        assets = {asset for asset, *_ in rows}
        last = {asset: ledger.latest_balance(connection, self.id, asset).total for asset in assets}
        ledger.record_balances(connection, self._changes(rows, last, now_us()))

    @exactly
    def _changes(self, rows: Sequence["_Row"], last: dict[str, Decimal], now: int) -> list[BalanceChange]:
        who, where = self.id, self._wallet.exchange
        changes = []
        for asset, total, held, at_us, reason in rows:
            change = total - last[asset]
            last[asset] = total
            changes.append(BalanceChange(who, where, asset, total, held, change, _SOURCE, reason, at_us or now))
        return changes


_Row = tuple[str, Decimal, Decimal, int | None, str]


def _looked_at(seen: Iterable[Seen | Sequence[Any]]) -> Iterator[_Row]:
    """Each as it is kept. What most rows have in common is not looked at again: there may be very many."""
    assets, reasons = set[str](), {_SOURCE: _SOURCE}
    for row in seen:
        asset, total, held, at_us, reason = row if type(row) is Seen else Seen(*row)
        if asset not in assets:
            assets.add(text(asset, "asset"))
        if type(total) is not Decimal or not is_sane(total):
            total = exact(total, f"total of {asset}")
        if reason not in reasons:
            reasons[reason] = f"{_SOURCE}: {text(reason, 'reason')}"  # never one of the ledger's own, as a deposit's
        if at_us is not None:
            moment(at_us, "at_us")
        yield asset, total, not_below_zero(held, f"held of {asset}") if held else ZERO, at_us, reasons[reason]
