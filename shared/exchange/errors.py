"""What ccxt's errors mean for the caller: wait, give this series up, or stop."""

from collections.abc import Mapping

import ccxt.async_support as ccxt

from shared.errors import ChandlerError, RepairError, RetryError

_DEFAULT_WAIT = 5.0
_THROTTLED = (ccxt.DDoSProtection, ccxt.RateLimitExceeded)
_HOPELESS = (ccxt.BadRequest, ccxt.NotSupported, ccxt.ArgumentsRequired, ccxt.AuthenticationError)
_SHOWN = 200


class ThrottledError(RetryError):
    """The exchange wants fewer requests; `seconds` is how long nothing may be asked."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


def explained(error: Exception, exchange: str, what: str, headers: Mapping[str, str] | None = None) -> ChandlerError:
    """One of ccxt's errors as one of ours; `what` names the request, `headers` are those of the last answer."""
    text = " ".join(str(error).split())[:_SHOWN]
    if isinstance(error, _THROTTLED):
        seconds = retry_after(headers)
        return ThrottledError(f"{exchange}, {what}: too many requests; asking again in {seconds:g} s ({text})", seconds)
    if isinstance(error, ccxt.BadSymbol):
        return RepairError(f"{exchange}, {what}: no such market; correct the symbol in the configuration ({text})")
    if isinstance(error, _HOPELESS):
        return RepairError(f"{exchange}, {what}: refused, asking again won't help ({text})")
    if isinstance(error, ccxt.RequestTimeout):
        return RetryError(f"{exchange}, {what}: no answer in time; trying again ({text})")
    if isinstance(error, ccxt.NetworkError):
        return RetryError(f"{exchange}, {what}: not reachable or not working; trying again ({text})")
    return RetryError(f"{exchange}, {what}: answered with an error; trying again ({text})")


def rubbish(error: Exception, exchange: str, what: str) -> RetryError:
    """An answer that ccxt could not even parse."""
    return RetryError(f"{exchange}, {what}: the answer is not what this exchange sends; trying again ({error!r})")


def retry_after(headers: Mapping[str, str] | None) -> float:
    """The seconds that a Retry-After header asks for, or a few if there is none in seconds."""
    for name, value in (headers or {}).items():
        if name.lower() == "retry-after" and value.strip().isdecimal():
            return max(float(value), 0.5)
    return _DEFAULT_WAIT
