"""How many candles an exchange gives at once, and how far back it goes at all.

Where an exchange gives less than was asked for, the missing part looks like a gap in its market. So the page must
never be larger than its cap.
"""

from typing import Any

#: Tighter than ccxt says, or not in ccxt's list. okx serves older candles 100 at a time.
_CAPS = {"okx": 100, "bitget": 200, "coinbase": 300, "kraken": 720, "binance": 1000}
_CAUTIOUS = 100

#: Exchanges that keep only so many of the newest candles of every timeframe, and give those whatever is asked.
_REACH = {"kraken": 720}


def page_candles(exchange: Any, wanted: int) -> int:
    """The largest page to ask a ccxt client for, at most `wanted`."""
    spot = (exchange.features or {}).get("spot") or {}
    known = (spot.get("fetchOHLCV") or {}).get("limit")
    return min(wanted, _CAPS.get(exchange.id) or known or _CAUTIOUS)


def reach_candles(exchange_id: str) -> int | None:
    """How many candles back from now the exchange reaches; None if it keeps them all."""
    return _REACH.get(exchange_id)
