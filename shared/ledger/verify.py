"""Whether the stored books are what deposits and trades make: derived anew, and compared to the last digit."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, select

from shared.ledger.balances import DEPOSIT, latest_balance
from shared.ledger.orders import open_orders
from shared.market import base_of, quote_of
from shared.models import balance_history, orders, positions, strategy_metadata, trades
from shared.trading import Account, Fill, Side, plain
from shared.trading.money import ZERO, exact

_MINE: BindParameter[str] = bindparam("strategy_id")
_STRATEGIES = select(strategy_metadata.c.strategy_id).order_by(strategy_metadata.c.strategy_id)
#: In the order of booking: by time a wall clock that stepped back would sell what is bought only later.
_TRADES = select(trades).where(trades.c.strategy_id == _MINE).order_by(trades.c.sequence)
_DEPOSITS = select(balance_history.c.asset, balance_history.c.change).where(
    balance_history.c.strategy_id == _MINE, balance_history.c.reason == DEPOSIT
)
_POSITION = ("amount", "cost", "average_price", "realized_pnl", "fees")
_POSITIONS = select(*(positions.c[name] for name in ("symbol", *_POSITION))).where(positions.c.strategy_id == _MINE)
_FILLED = select(orders.c.client_order_id, orders.c.filled).where(orders.c.strategy_id == _MINE)

Amounts = dict[str, Decimal]


@dataclass(frozen=True)
class Difference:
    """One figure in a strategy's books that does not follow from what was paid in and traded."""

    strategy_id: str
    what: str
    stored: Decimal
    derived: Decimal

    def __str__(self) -> str:
        """A sentence for logs and people."""
        return f"{self.strategy_id}: {self.what} is {plain(self.stored)}, its trades make {plain(self.derived)}"


def verify(connection: Connection, each_trade: Callable[[], None] = lambda: None) -> list[Difference]:
    """Every figure that is wrong in any strategy's books; empty if they add up.

    Positions, balances, what open orders hold, how far orders are filled, and what each trade says of itself.
    What `each_trade` raises ends it.
    """
    names = connection.execute(_STRATEGIES).scalars().all()
    return [difference for name in names for difference in _verify(connection, name, each_trade)]


def extent(connection: Connection) -> tuple[int, int]:
    """How much `verify` looks at: strategies and trades."""
    strategies, booked = (connection.execute(select(func.count()).select_from(t)) for t in (strategy_metadata, trades))
    return strategies.scalar_one(), booked.scalar_one()


def differences(strategy_id: str, stored: Mapping[str, Decimal], derived: Mapping[str, Decimal]) -> list[Difference]:
    """What two accounts of the same books don't agree on; what one of them lacks counts as 0."""
    return [
        Difference(strategy_id, what, stored.get(what, ZERO), derived.get(what, ZERO))
        for what in dict.fromkeys((*stored, *derived))
        if stored.get(what, ZERO) != derived.get(what, ZERO)
    ]


def _verify(connection: Connection, strategy_id: str, each_trade: Callable[[], None]) -> Iterator[Difference]:
    mine = {"strategy_id": strategy_id}
    account = Account(_sums(connection.execute(_DEPOSITS, mine).tuples()))
    filled: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in connection.execute(_TRADES, mine):
        each_trade()
        if (fill := _fill(row)) is None:
            yield Difference(strategy_id, f"amount of the impossible trade {row.trade_id}", row.amount, ZERO)
            continue
        made = {"cost": fill.cost, "realized_pnl": account.book(row.symbol, fill)}
        told = {name: getattr(row, name) for name in made}
        yield from differences(
            strategy_id, _named(told, f"of trade {row.trade_id}"), _named(made, f"of trade {row.trade_id}")
        )
        filled[row.client_order_id] = _plus(filled[row.client_order_id], fill.amount)
    held = _sums((each.held_asset, each.held) for each in open_orders(connection, strategy_id))
    stored = _stored(connection, strategy_id, {**account.totals, **held})
    yield from differences(strategy_id, stored, _derived(account, held, filled))


def _stored(connection: Connection, strategy_id: str, assets: Iterable[str]) -> Amounts:
    """Every figure of a strategy's books as it stands, by its name."""
    mine = {"strategy_id": strategy_id}
    figures: Amounts = {}
    for row in connection.execute(_POSITIONS, mine):
        figures |= _named({name: getattr(row, name) for name in _POSITION}, f"of {row.symbol}")
    for asset in assets:
        figures |= _named(latest_balance(connection, strategy_id, asset)._asdict(), f"of {asset}")
    for row in connection.execute(_FILLED, mine):
        figures |= _named({"filled": row.filled}, f"of order {row.client_order_id}")
    return figures


def _derived(account: Account, held: Mapping[str, Decimal], filled: Mapping[str, Decimal]) -> Amounts:
    """The same figures, as deposits and trades make them."""
    figures: Amounts = {}
    for symbol, position in account.positions.items():
        figures |= _named({name: getattr(position, name) for name in _POSITION}, f"of {symbol}")
    for asset, total in account.totals.items():
        figures |= _named({"total": total}, f"of {asset}")
    for asset, claim in held.items():
        figures |= _named({"held": claim}, f"of {asset}")
    for order, amount in filled.items():
        figures |= _named({"filled": amount}, f"of order {order}")
    return figures


def _fill(row: Row[Any]) -> Fill | None:
    """None if it can't have happened."""
    names = ("trade_id", "amount", "price", "fee", "fee_asset", "executed_at_us", "liquidity")
    given = {name: getattr(row, name) for name in names}
    base, quote = base_of(row.symbol), quote_of(row.symbol)
    try:
        return Fill(**given, side=Side(row.side), base=base, quote=quote, fee_value=row.fee_quote)
    except ValueError:
        return None


def _named(amounts: Mapping[str, Decimal], whose: str) -> Amounts:
    return {f"{name} {whose}": amount for name, amount in amounts.items()}


@exact
def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for name, amount in amounts:
        sums[name] += amount
    return sums


@exact
def _plus(one: Decimal, other: Decimal) -> Decimal:
    return one + other
