"""Balances: a row for each change of what a strategy has of an asset, also of what open orders hold of it."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import Connection, ScalarSelect, bindparam, func, select

from shared.database import Database, dialect
from shared.database.prepared import Prepared
from shared.models import balance_history
from shared.trading import Balance, BalanceChange, OpenOrder, plain
from shared.trading.balance import percent
from shared.trading.money import exact

DEPOSIT = "deposit"
_COLUMNS = (
    *("strategy_id", "exchange", "asset", "total", "free", "held", "change", "change_percent"),
    *("source", "reason", "recorded_at_us"),
)
_NOTHING = Balance()


def latest_balance(connection: Connection, strategy_id: str, asset: str) -> Balance:
    """What a strategy has of an asset now; nothing if it never had any."""
    row = _LATEST.first(connection, strategy_id=strategy_id, asset=asset)
    return Balance(*row) if row else _NOTHING


def peek_balance(database: Database, strategy_id: str, asset: str) -> Balance:
    """`latest_balance` without a transaction around it, for who asks nothing else."""
    row = database.peek(_NEWEST, {"strategy_id": strategy_id, "asset": asset})
    return Balance(*map(Decimal, row)) if row else _NOTHING


def latest_balances(connection: Connection, strategy_id: str, base: str, quote: str) -> tuple[Balance, Balance]:
    """What a strategy has of the two assets of its market, in one statement: (base, quote)."""
    rows = _BOTH.rows(connection, strategy_id=strategy_id, base=base, quote=quote)
    found = {asset: Balance(total, held) for asset, total, held in rows}
    return found.get(base, _NOTHING), found.get(quote, _NOTHING)


@exact
def record_balances(connection: Connection, changes: Iterable[BalanceChange]) -> int:
    """Enter changes of balances in their order, one or very many; returns how many."""
    rows = [_row(*change) for change in changes]
    if rows:
        dialect.insert_plain(connection, balance_history, _COLUMNS, rows)
    return len(rows)


@exact
def hold(connection: Connection, order: OpenOrder, change: Decimal, reason: str, now_us: int) -> None:
    """Let an open order have a claim on so much more of what it needs; below zero it gives back."""
    if not change:
        return
    intent = order.order
    total, held = latest_balance(connection, intent.strategy_id, order.held_asset)
    where = (intent.strategy_id, intent.exchange, order.held_asset)
    row = BalanceChange(*where, total, held + change, Decimal(0), intent.broker, reason, now_us)
    record_balances(connection, [row])


def _row(
    strategy_id: str,
    exchange: str,
    asset: str,
    total: Decimal,
    held: Decimal,
    change: Decimal,
    source: str,
    reason: str,
    recorded_at_us: int,
) -> tuple[object, ...]:
    """As it is stored. What most rows have in common is not worked out again: there may be very many."""
    whole = plain(total)
    free, claim = (plain(total - held), plain(held)) if held else (whole, "0")
    share = percent(change, total - change)
    moved = plain(change)
    shown = None if share is None else plain(share)
    return strategy_id, exchange, asset, whole, free, claim, moved, shown, source, reason, recorded_at_us


def _newest(asset: str) -> ScalarSelect[int]:
    """By the order of entry: a wall clock may step back."""
    here = balance_history.c.strategy_id == bindparam("strategy_id"), balance_history.c.asset == bindparam(asset)
    return select(func.max(balance_history.c.balance_id)).where(*here).scalar_subquery()


_VALUES = (balance_history.c.total, balance_history.c.held)
_NEWEST = select(*_VALUES).where(balance_history.c.balance_id == _newest("asset"))
_LATEST = Prepared(_NEWEST)
_BOTH = Prepared(
    select(balance_history.c.asset, *_VALUES).where(
        balance_history.c.balance_id.in_([_newest("base"), _newest("quote")])
    )
)
