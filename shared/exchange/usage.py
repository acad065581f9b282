"""What an exchange says about how much of its limit is used, by us and by others on this address. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

#: Exchanges that tell the weight used in the running minute of their clock: the header, how much a minute allows,
#: and how much weight one unit of ccxt's cost is.
_USED = {
    "binance": ("x-mbx-used-weight-1m", 6_000, 5.0),
    "binanceusdm": ("x-mbx-used-weight-1m", 2_400, 1.0),
    "binancecoinm": ("x-mbx-used-weight-1m", 2_400, 1.0),
    "binanceus": ("x-mbx-used-weight-1m", 1_200, 1.0),
}

#: Elsewhere only "nothing left until ..." is understood: what a number that is left counts differs too much.
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "gw-ratelimit-remaining", "x-bapi-limit-status")
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "gw-ratelimit-reset", "x-bapi-limit-reset-timestamp")
_MINUTE_MS = 60_000
_ROOM = 0.99
_LONGEST_SECONDS = 300.0


class Left(NamedTuple):
    """So much may still be sent (in ccxt's units of cost), in so many seconds."""

    cost: float
    seconds: float


def counts_minutes(exchange_id: str) -> bool:
    """Whether the exchange's limit is one of a whole minute; others are taken to look at each second."""
    return exchange_id in _USED


def read_usage(exchange_id: str, headers: Mapping[str, str], share: float, now: int) -> Left | None:
    """What the headers leave of our share of the limit; None if they say nothing. `now` is the exchange's, ms."""
    lower = {name.lower(): value for name, value in headers.items()}
    if exchange_id in _USED:
        name, limit, weight = _USED[exchange_id]
        used = lower.get(name, "")
        if not used.isdecimal():
            return None
        return Left((limit * share * _ROOM - int(used)) / weight, (_MINUTE_MS - now % _MINUTE_MS) / 1000)
    if next((lower[name] for name in _REMAINING if name in lower), None) != "0":
        return None
    return Left(0.0, _until(next((lower[name] for name in _RESET if name in lower), ""), now))


def _until(reset: str, now: int) -> float:
    """Seconds until a limit begins anew: told in seconds, as a Unix time in seconds or in ms, or not at all."""
    try:
        told = float(reset)
    except ValueError:
        return 1.0
    moment = told - now if told > 1e11 else (told * 1000 - now if told > 1e8 else told * 1000)
    return min(max(moment / 1000, 0.0), _LONGEST_SECONDS)
