"""Trades, page by page, for exchanges that keep them all but only a few candles."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from shared.errors import RepairError
from shared.exchange.client import Client
from shared.exchange.errors import RubbishError

#: Exchanges that give every trade since a market began, oldest first, through a cursor.
_WHOLE_HISTORY = frozenset({"kraken"})
_KRAKEN_PAGE = 1000
_NS_PER_MS = 1_000_000


class RawTrade(NamedTuple):
    """One trade as the exchange wrote it: ns UTC, exact price and amount, and its number, which rises with time."""

    time_ns: int
    price: Decimal
    amount: Decimal
    id: str


class TradesPage(NamedTuple):
    """Trades, ascending, the cursor of the next page, and the exchange's time (ms) when they were asked for.

    A page that hands back the cursor it was asked with is the exchange's present.
    """

    trades: list[RawTrade]
    cursor: str
    asked_at: int


def offers_trade_history(exchange_id: str) -> bool:
    """Whether all trades of a market can be had."""
    return exchange_id in _WHOLE_HISTORY


def start_cursor(since: int) -> str:
    """The cursor of the first trade at or after a moment (ms UTC)."""
    return str(since * _NS_PER_MS - 1)


async def fetch_trades_page(client: Client, symbol: str, cursor: str) -> TradesPage:
    """The trades behind the cursor. RepairError where an exchange keeps only the newest trades.

    Not through ccxt's `fetch_trades`: it cuts the cursor to seconds, and makes floats of the amounts.
    """
    if not offers_trade_history(client.id):
        raise RepairError(
            f"{client.name}: its trades of the past are not asked for, only those of {', '.join(_WHOLE_HISTORY)};"
            " candles are made of trades only where all of them can be had through a cursor"
        )
    asked_at, market = client.now(), client.ccxt.market(symbol)
    query = {"pair": market["id"], "since": cursor, "count": _KRAKEN_PAGE}
    answer = await client.ask(f"trades of {symbol}", "publicGetTrades", query)
    try:
        result = answer["result"]
        last = int(result["last"])
        trades = [_kraken(row) for row in result.get(market["id"], ())]
        _check(trades, int(cursor), last)
        return TradesPage(trades, str(last), asked_at)
    except (TypeError, ValueError, LookupError, AttributeError, InvalidOperation) as error:
        raise RubbishError(
            f"{client.name}, trades of {symbol}: the answer is none ({error!r}); trying again", str(answer)
        ) from error


def _kraken(row: Sequence[Any]) -> RawTrade:
    """[price, amount, time in seconds, side, kind, other, number]; the time comes as a number with decimals."""
    price, amount, time, *_, number = row
    exact = RawTrade(int(Decimal(str(time)) * 1_000_000_000), Decimal(price), Decimal(amount), str(number))
    if exact.price.is_finite() and exact.amount.is_finite() and exact.price > 0 and exact.amount >= 0:
        return exact
    raise ValueError(f"no trade: {row}")


def _check(trades: Sequence[RawTrade], cursor: int, last: int) -> None:
    """A trade far behind its page would prove that there was none between; times are coarser than `last`."""
    if last < cursor:
        raise ValueError(f"{last} comes before {cursor}")
    if outside := [trade for trade in trades if not cursor - _NS_PER_MS <= trade.time_ns <= last + _NS_PER_MS]:
        raise ValueError(f"not between {cursor} and {last}: {outside[0]}")
