"""ccxt's way from an exchange's rows to numbers, shortened where it is most of the work.

For each of a row's prices ccxt looks up a key, makes a string and parses it, which is two thirds of the time a page
takes. The numbers are the same to the bit.
"""

from typing import Any

Rows = list[list[Any]]


def hasten(exchange: Any) -> None:
    """Give a ccxt client the shorter parser of its exchange, if this module has one."""
    if exchange.id in _PARSERS:
        exchange.parse_ohlcvs = _PARSERS[exchange.id]


def binance_rows(rows: Rows, *_market_timeframe_since_limit: object) -> Rows:
    """Rows of a spot market, [open time, "open", "high", "low", "close", "volume", ...], as ccxt gives them: ascending.

    What is no such row raises TypeError, ValueError or IndexError. Nothing is cut off by time: see `market.accept`.
    """
    return sorted([row[0], float(row[1]), float(row[2]), float(row[3]), float(row[4]), float(row[5])] for row in rows)


_PARSERS = {"binance": binance_rows}
