"""The whole desk at once: what each strategy holds, what it is worth, what is on its way."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, ScalarSelect, Table, bindparam, select

from shared.ledger.scripts import HAS_MARKET
from shared.market import base_of, quote_of
from shared.models import balance_history, orders, positions, strategy_metadata, ticker_data
from shared.trading import BrokerName, Kind, Status

ZERO = Decimal(0)
_WHO = [strategy_metadata.c[name] for name in ("strategy_id", "broker", "exchange", "symbol")]
_OF_MARKET = [positions.c[name] == strategy_metadata.c[name] for name in ("strategy_id", "exchange", "symbol")]


def _bid(market: Table) -> ScalarSelect[Decimal]:
    """The newest bid of a row's market."""
    here = [ticker_data.c[name] == market.c[name] for name in ("exchange", "symbol")]
    newest = select(ticker_data.c.bid).where(*here).order_by(ticker_data.c.timestamp.desc()).limit(1)
    return newest.correlate(market).scalar_subquery()


_BALANCES = (
    select(balance_history.c.total)
    .where(
        balance_history.c.strategy_id == strategy_metadata.c.strategy_id,
        balance_history.c.asset == bindparam("quote"),
    )
    .limit(1)
    .correlate(strategy_metadata)
)
_CASH = _BALANCES.order_by(balance_history.c.balance_id.desc()).scalar_subquery()
_OPENING_CASH = _BALANCES.order_by(balance_history.c.balance_id).scalar_subquery()
_HELD = (
    select(*_WHO, positions.c.amount, positions.c.cost, _bid(strategy_metadata).label("bid"))
    .select_from(strategy_metadata)
    .outerjoin(positions, _OF_MARKET[0] & _OF_MARKET[1] & _OF_MARKET[2])
    .where(HAS_MARKET)
)
#: One strategy after the other, as the index on strategy and status serves it: most orders are done.
_ENTERING = select(
    *[orders.c[name] for name in ("broker", "symbol", "kind", "limit_price", "amount", "filled")],
    _bid(orders).label("bid"),
).where(
    orders.c.strategy_id.in_(select(strategy_metadata.c.strategy_id)),
    orders.c.status.in_([each.value for each in Status if not each.is_done]),
    orders.c.leg == "entry",
)


@dataclass(frozen=True)
class Held:
    """A strategy's holding; `bid` is None while no ticker has come: it then counts with what it cost."""

    strategy_id: str
    broker: BrokerName
    exchange: str
    symbol: str
    amount: Decimal
    cost: Decimal
    bid: Decimal | None

    @property
    def worth(self) -> Decimal:
        """In the quote asset, at the mark."""
        return self.cost if self.bid is None else self.amount * self.bid


@dataclass(frozen=True)
class Entering:
    """What is left of an entry that may still be filled; `price` is its limit, else the bid, else nothing is known."""

    broker: BrokerName
    symbol: str
    amount: Decimal
    price: Decimal

    @property
    def worth(self) -> Decimal:
        """What it may add, in the quote asset."""
        return self.amount * self.price


def held(connection: Connection) -> list[Held]:
    """What every strategy and script holds, also those that hold nothing; wallets aside."""
    return [
        Held(strategy_id, broker, exchange, symbol, amount or ZERO, cost or ZERO, bid)
        for strategy_id, broker, exchange, symbol, amount, cost, bid in connection.execute(_HELD)
    ]


def entering(connection: Connection) -> list[Entering]:
    """Every entry that is not done."""
    return [
        Entering(
            row.broker,
            row.symbol,
            row.amount - row.filled,
            (row.limit_price if row.kind == Kind.LIMIT else row.bid) or ZERO,
        )
        for row in connection.execute(_ENTERING)
    ]


def cash_of(connection: Connection, holdings: Collection[Held]) -> dict[str, tuple[Decimal, Decimal]]:
    """Of each of these strategies the cash, held by orders or not, and what it began with; in its quote asset."""
    by_quote: defaultdict[str, list[str]] = defaultdict(list)
    for each in holdings:
        by_quote[quote_of(each.symbol)].append(each.strategy_id)
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for quote, ids in by_quote.items():
        query = select(strategy_metadata.c.strategy_id, _CASH, _OPENING_CASH)
        rows = connection.execute(query.where(strategy_metadata.c.strategy_id.in_(ids)), {"quote": quote})
        found |= {name: (cash or ZERO, opening or ZERO) for name, cash, opening in rows.tuples()}
    return found


def on_the_desk(
    holdings: Collection[Held], entries: Collection[Entering], broker: BrokerName, symbol: str
) -> tuple[Decimal, Decimal]:
    """Amount of the symbol's base asset, and worth of everything in its quote asset, of all strategies of a broker."""
    everything: list[Held | Entering] = [*holdings, *entries]
    counted = [each for each in everything if each.broker == broker]
    base, quote = base_of(symbol), quote_of(symbol)
    amount = sum((each.amount for each in counted if base_of(each.symbol) == base), ZERO)
    return amount, sum((abs(each.worth) for each in counted if quote_of(each.symbol) == quote), ZERO)
