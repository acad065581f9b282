"""What ccxt's errors mean for the caller: wait, give a series up, or give the exchange up."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

import ccxt.async_support as ccxt

from shared.errors import ChandlerError, ExchangeStoppedError, RepairError, RetryError

_DEFAULT_SECONDS, _LOCKOUT_SECONDS, _LONGEST_SECONDS = 5.0, 900.0, 900.0
_THROTTLED = (ccxt.DDoSProtection, ccxt.RateLimitExceeded)
_HOPELESS = (ccxt.BadRequest, ccxt.NotSupported, ccxt.ArgumentsRequired)
_BANNED_UNTIL = re.compile(r"banned until (\d{13})")
#: What ccxt does not recognise: Kraken's and Coinbase's words for a market that is gone.
_NO_MARKET = re.compile(r"unknown asset pair|product_?id[^\w].*(invalid|not found)", re.IGNORECASE)
_SHOWN, _KEPT = 200, 500


class ThrottledError(RetryError):
    """The exchange wants fewer requests; `seconds` is how long nothing may be asked."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class NoMarketError(RepairError):
    """The exchange does not know the symbol (any more)."""


class RubbishError(RetryError):
    """An answer that is none: half a page, an HTML page. `body` is how it begins."""

    def __init__(self, message: str, body: str) -> None:
        super().__init__(message)
        self.body = body[:_KEPT]


def explained(  # noqa: PLR0911 - one for each class
    error: Exception, exchange: str, what: str, body: str = "", seconds: float = _DEFAULT_SECONDS
) -> ChandlerError:
    """One of ccxt's errors as one of ours; `what` names the request, `seconds` is how long a throttled one waits."""
    text = " ".join(str(error).split())[:_SHOWN]
    request = f"{exchange}, {what}"
    if isinstance(error, _THROTTLED):
        return ThrottledError(f"{request}: too many requests; asking again in {seconds:g} s ({text})", seconds)
    if isinstance(error, ccxt.BadSymbol) or (isinstance(error, ccxt.ExchangeError) and _NO_MARKET.search(text)):
        return NoMarketError(f"{request}: no such market; correct the symbol in the configuration ({text})")
    if isinstance(error, ccxt.AuthenticationError):
        return ExchangeStoppedError(
            f"{request}: this exchange lets us in no longer; check key, address and country, then restart ({text})"
        )
    if isinstance(error, _HOPELESS):
        return RepairError(f"{request}: refused, asking again won't help ({text})")
    if isinstance(error, ccxt.OnMaintenance):
        return RetryError(f"{request}: closed for maintenance; trying again ({text})")
    if isinstance(error, ccxt.RequestTimeout):
        return RetryError(f"{request}: no answer in time; trying again ({text})")
    if isinstance(error, ccxt.NetworkError):
        return RetryError(f"{request}: not reachable or not working; trying again ({text})")
    if isinstance(error, ccxt.BadResponse):
        return RubbishError(f"{request}: the answer is not what this exchange sends; trying again ({text})", body)
    return RetryError(f"{request}: answered with an error; trying again ({text})")


def rubbish(error: Exception, exchange: str, what: str, body: str = "") -> RubbishError:
    """An answer that ccxt could not even parse."""
    return RubbishError(
        f"{exchange}, {what}: the answer is not what this exchange sends; trying again ({error!r})", body
    )


def cooldown(error: Exception, headers: Mapping[str, str], now: int, repeated: int) -> float | None:
    """For how many seconds nothing may be asked after this error; None if it does not say "too many requests".

    What the exchange says counts: a header or, as a moment of its clock, the text; `now` is that clock, ms. Where it
    says nothing, a few seconds that double with each time it was `repeated`; Kraken's lockout takes a quarter hour.
    """
    if not isinstance(error, _THROTTLED):
        return None
    told = [seconds for seconds in (retry_after(headers, now), _banned_for(str(error), now)) if seconds is not None]
    if told:
        return max([*told, 0.5])
    if "lockout" in str(error).lower():
        return _LOCKOUT_SECONDS
    return float(min(_DEFAULT_SECONDS * 2 ** min(repeated, 10), _LONGEST_SECONDS))


def retry_after(headers: Mapping[str, str], now: int) -> float | None:
    """The seconds that a Retry-After header asks for, given as such or as a date; None if there is none."""
    value = next((text.strip() for name, text in headers.items() if name.lower() == "retry-after"), "")
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now / 1000


def _banned_for(text: str, now: int) -> float | None:
    found = _BANNED_UNTIL.search(text)
    return (int(found[1]) - now) / 1000 if found else None
