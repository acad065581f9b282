"""Which markets an exchange has, and the rules they trade by, as exact decimals."""

import difflib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import ccxt.async_support as ccxt

from shared.errors import RepairError, RetryError
from shared.exchange.client import Client
from shared.market import FeeSide, Market, Series

_FINEST = Decimal("1e-8")
_USUAL_FEE = Decimal("0.001")

#: ccxt's words for the asset a fee is taken from; it says nothing where it is the quote asset.
_FEE_SIDES: dict[str, FeeSide] = {"get": "received", "base": "base"}

#: Where ccxt says nothing, and a fee is taken from what is received all the same.
_FROM_RECEIVED = frozenset({"okx", "okxus", "myokx"})


async def fetch_markets(client: Client) -> None:
    """Load the exchange's markets into the client; needed before anything else is asked.

    Anew each time: ccxt remembers an empty list, as a broken answer makes one, as readily as any other.
    """
    if not await client.ask("its markets", "load_markets", True):
        raise RetryError(f"{client.name}: its list of markets came empty; trying again")


class MarketState(NamedTuple):
    """What became of a market: traded, known but not traded (halted or delisted), or not known; and like names."""

    state: Literal["listed", "inactive", "unknown"]
    near: tuple[str, ...]


async def market_state(client: Client, symbol: str, *, reload: bool = True) -> MarketState:
    """What the exchange says of a market now; without `reload`, what it said last."""
    if reload:
        await fetch_markets(client)
    markets = client.ccxt.markets or {}
    near = tuple(name for name in difflib.get_close_matches(symbol, markets, n=4) if name != symbol)
    if symbol not in markets:
        return MarketState("unknown", near)
    # ccxt says None where the exchange does not tell.
    return MarketState("inactive" if markets[symbol].get("active") is False else "listed", near)


def check_series(client: Client, series: Series) -> None:
    """RepairError unless the exchange has the market and makes candles of that length."""
    markets, timeframes = client.ccxt.markets, client.ccxt.timeframes
    if series.symbol not in markets:
        near = ", ".join(difflib.get_close_matches(series.symbol, markets)) or "see its list of markets"
        raise RepairError(f"{series.exchange} has no market {series.symbol!r} (did you mean: {near})")
    if series.timeframe not in timeframes:
        raise RepairError(f"{series.exchange} has no {series.timeframe} candles; it has {', '.join(timeframes)}")


def market_id(client: Client, symbol: str) -> str:
    """The exchange's own name of a market it has: BTCUSDT of BTC/USDT."""
    return str(client.ccxt.market(symbol)["id"])


def market_rules(client: Client, symbols: Iterable[str]) -> list[Market]:
    """The rules of those symbols that the exchange has."""
    mode = client.ccxt.precisionMode
    side: FeeSide = "received" if client.id in _FROM_RECEIVED else "quote"
    return [market(client.name, client.ccxt.markets[s], mode, side) for s in symbols if s in client.ccxt.markets]


def market(exchange: str, described: dict[str, Any], precision_mode: int, usual_side: FeeSide = "quote") -> Market:
    """A market as ccxt describes it.

    What it leaves out becomes the finest step, no bounds, a fee of 0.1 % taken from the `usual_side`.
    """
    precision, limits = described.get("precision") or {}, described.get("limits") or {}
    price = precision.get("price")
    return Market(
        exchange=exchange,
        symbol=described["symbol"],
        amount_step=step(precision.get("amount"), precision_mode),
        price_tick=_FINEST if precision_mode == ccxt.SIGNIFICANT_DIGITS else step(price, precision_mode),
        minimum_cost=_exact((limits.get("cost") or {}).get("min"), Decimal(0)),
        maker_fee=_exact(described.get("maker"), _USUAL_FEE),
        taker_fee=_exact(described.get("taker"), _USUAL_FEE),
        minimum_amount=_exact((limits.get("amount") or {}).get("min"), Decimal(0)),
        maximum_amount=_largest(limits),
        fee_side=_FEE_SIDES.get(described.get("feeSide") or "", usual_side),
    )


def _largest(limits: dict[str, Any]) -> Decimal | None:
    """The largest amount of one order; the smaller bound where one for orders at the market is given, too."""
    bounds = [(limits.get(name) or {}).get("max") for name in ("amount", "market")]
    return min((_exact(bound, Decimal(0)) for bound in bounds if bound), default=None)


def step(precision: Any, mode: int) -> Decimal:
    """The smallest step: given as itself (tick size), or as a number of decimal places.

    Significant digits make a step that moves with the price; for amounts the exchanges that use them mean places.
    """
    if precision is None:
        return _FINEST
    if mode == ccxt.TICK_SIZE:
        return _exact(precision, _FINEST) or _FINEST
    return Decimal(1).scaleb(-int(precision))


def _exact(number: Any, default: Decimal) -> Decimal:
    """The decimal that was written where ccxt made a float of it: the shortest one that is this float."""
    return default if number is None else Decimal(str(number))
