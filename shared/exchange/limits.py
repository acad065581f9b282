"""How many candles an exchange gives at once, and how far back it goes at all.

Where an exchange gives less than was asked for, the missing part looks like a gap in its market. So the page must
never be larger than its cap.
"""

from typing import Any

#: Tighter than ccxt says, or not in ccxt's list. okx serves older candles 100 at a time.
_CAPS = {"okx": 100, "bitget": 200, "coinbase": 300, "kraken": 720, "binance": 1000}
_CAUTIOUS = 100

#: Where in ccxt's description the cost of a request for candles rises with their number.
_TABLES = {"binanceusdm": ("fapiPublic", "get", "klines"), "binancecoinm": ("dapiPublic", "get", "klines")}

#: Exchanges that keep only so many of the newest candles of every timeframe, and give those whatever is asked.
_REACH = {"kraken": 720}


def page_candles(exchange: Any, wanted: int) -> int:
    """The page to ask a ccxt client for, at most `wanted`: the one with the most candles for its request weight."""
    kinds = exchange.features or {}
    kind = kinds.get("spot") if exchange.has.get("spot") else (kinds.get("swap") or {}).get("linear")
    known = ((kind or {}).get("fetchOHLCV") or {}).get("limit")
    most = min(wanted, _CAPS.get(exchange.id) or known or _CAUTIOUS)
    costs = candle_costs(exchange)
    pages = {limit for limit, _ in costs if limit < most} | {most}
    return max(pages, key=lambda page: page / _cost(costs, page))


def candle_costs(exchange: Any) -> list[tuple[int, float]]:
    """ccxt's table of what a page of candles costs: up to so many candles, so much; empty if all cost the same."""
    found = exchange.api
    for part in _TABLES.get(exchange.id, ()):
        found = found.get(part) or {}
    return [(limit, cost) for limit, cost in found.get("byLimit") or ()] if exchange.id in _TABLES else []


def reach_candles(exchange_id: str) -> int | None:
    """How many candles back from now the exchange reaches; None if it keeps them all."""
    return _REACH.get(exchange_id)


def _cost(costs: list[tuple[int, float]], page: int) -> float:
    return next((cost for limit, cost in costs if page <= limit), costs[-1][1] if costs else 1.0)
