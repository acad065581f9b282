"""The account at an exchange: what it holds, and which trades it made."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.errors import RepairError
from shared.exchange.client import Client
from shared.exchange.terms import Terms
from shared.market import base_of, quote_of
from shared.trading import Fill, Side

_DAY_MS = 86_400_000
_FINEST_MS, _AHEAD_MS = 1_000, 60_000


async def balances(client: Client) -> dict[str, Decimal]:
    """What the account has of each asset in all, open orders' claims included; the spot account."""
    raw = await client.ask("its balances", "fetch_balance")
    totals = {asset: decimal_of(amount) for asset, amount in (raw.get("total") or {}).items()}
    return {asset: total for asset, total in totals.items() if total is not None}


async def fills_of(client: Client, terms: Terms, symbol: str, order_id: str, since_ms: int) -> tuple[Fill, ...]:
    """The fills of one order; `since_ms` (the exchange's clock) is before its first one."""
    if terms.trades_of:
        raw = await client.ask(
            f"fills of {order_id}", "fetch_my_trades", symbol, None, terms.trades_page, {terms.trades_of: order_id}
        )
        if len(raw) < terms.trades_page:
            return fills_in(client, (trade for trade in raw if str(trade.get("order")) == order_id))
    raw = await trades_since(client, terms, symbol, since_ms)
    return fills_in(client, (trade for trade in raw if str(trade.get("order")) == order_id))


async def trades_since(
    client: Client, terms: Terms, symbol: str, since_ms: int, until_ms: int | None = None
) -> list[Mapping[str, Any]]:
    """All the account's trades in a market since a moment, as ccxt gives them, each once, oldest first."""
    found = dict[str, Mapping[str, Any]]()
    step, end = int(terms.trades_days * _DAY_MS) - 1, until_ms or client.now() + _AHEAD_MS
    for start in range(since_ms, end, step):
        for trade in await _between(client, terms, symbol, start, min(start + step, end)):
            found[str(trade["id"])] = trade
    return sorted(found.values(), key=lambda trade: (trade["timestamp"], str(trade["id"])))


async def _between(client: Client, terms: Terms, symbol: str, start: int, end: int) -> list[Mapping[str, Any]]:
    """A full page may not be all there is, whichever end it begins at: then both halves are asked for."""
    page: list[Mapping[str, Any]] = await client.ask(
        f"trades of {symbol}", "fetch_my_trades", symbol, start, terms.trades_page, {"until": end}
    )
    if len(page) < terms.trades_page or end - start <= _FINEST_MS:
        return page
    middle = (start + end) // 2
    first = await _between(client, terms, symbol, start, middle)
    return first + await _between(client, terms, symbol, middle, end)


def fills_in(
    client: Client, trades: Iterable[Mapping[str, Any]], order: Mapping[str, Any] | None = None
) -> tuple[Fill, ...]:
    """Trades as ccxt gives them, each once, in the order they were made.

    Of those that come with the answer to an `order`, what they lack is taken from it; those that do not tell their
    fee are left out, to be asked for.
    """
    found = dict[str, Fill]()
    for trade in trades:
        if order is not None and not any(fee.get("currency") for fee in trade.get("fees") or [trade.get("fee") or {}]):
            continue
        fill = read_fill(client, {**(order or {}), **{key: value for key, value in trade.items() if value is not None}})
        found[fill.trade_id] = fill
    return tuple(sorted(found.values(), key=lambda fill: (fill.executed_at_us, len(fill.trade_id), fill.trade_id)))


def read_fill(client: Client, raw: Mapping[str, Any]) -> Fill:
    """One trade. RepairError if it makes no sense, or if its fee was taken from several assets."""
    symbol = str(raw["symbol"])
    asset, fee = _fee(raw, quote_of(symbol))
    try:
        return Fill(
            trade_id=str(raw["id"]),
            side=Side(raw["side"]),
            amount=decimal_of(raw["amount"]) or Decimal(0),
            price=decimal_of(raw["price"]) or Decimal(0),
            fee=fee,
            fee_asset=asset,
            executed_at_us=int(raw.get("timestamp") or client.now()) * 1_000,
            base=base_of(symbol),
            quote=quote_of(symbol),
            liquidity="maker" if raw.get("takerOrMaker") == "maker" else "taker",
        )
    except (ValueError, TypeError, LookupError) as error:
        raise RepairError(f"{client.name}: a trade of {symbol} makes no sense ({error}): {dict(raw)}") from error


def _fee(raw: Mapping[str, Any], quote: str) -> tuple[str, Decimal]:
    """The asset and the amount; what the exchange does not tell is nothing."""
    told: Sequence[Mapping[str, Any]] = raw.get("fees") or ([raw["fee"]] if raw.get("fee") else [])
    fees = [(str(fee["currency"]), decimal_of(fee.get("cost")) or Decimal(0)) for fee in told if fee.get("currency")]
    assets = {asset for asset, cost in fees if cost}
    if len(assets) > 1:
        raise RepairError(f"trade {raw.get('id')}: its fee was taken from {', '.join(sorted(assets))}: book it by hand")
    asset = next(iter(assets), quote)
    return asset, sum((cost for name, cost in fees if name == asset), Decimal(0))


def decimal_of(number: Any) -> Decimal | None:
    """The decimal that was written; None for none."""
    return None if number is None else Decimal(str(number))
