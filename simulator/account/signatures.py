"""Is a signed request who it says it is, and is it on time?"""

import hashlib
import hmac
from typing import Final
from urllib.parse import parse_qsl

from simulator.errors import ApiError, missing

DEFAULT_WINDOW_MS: Final = 5_000
LONGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000


def verified(query: str, body: str, key: str | None, known: tuple[str, str], now_ms: int) -> dict[str, str]:
    """The parameters of a signed request.

    `query` and `body` are the raw texts; the signature is the HMAC-SHA256, keyed with the secret, of both one
    after the other without the signature itself. `known` is (key, secret). Raises ApiError -1102, -2014, -2015,
    -1022, -1021 or -1131 as the exchange does.
    """
    if not key:
        raise ApiError(-2014, "API-key format invalid.", 401)
    if not hmac.compare_digest(key.encode(), known[0].encode()):
        raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    params = dict(parse_qsl(query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True))
    for name in ("signature", "timestamp"):
        if not params.get(name):
            raise missing(name)
    signed = _unsigned(query) + _unsigned(body)
    expected = hmac.new(known[1].encode(), signed.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, params["signature"].lower()):
        raise ApiError(-1022, "Signature for this request is not valid.")
    _check_time(params, now_ms)
    return params


def _unsigned(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))


def _check_time(params: dict[str, str], now_ms: int) -> None:
    try:
        sent_ms, window_ms = int(params["timestamp"]), float(params.get("recvWindow", DEFAULT_WINDOW_MS))
    except ValueError:
        raise ApiError(-1100, "Illegal characters found in parameter 'timestamp'.") from None
    if window_ms > LONGEST_WINDOW_MS:
        raise ApiError(-1131, "recvWindow must be less than 60000.")
    if sent_ms >= now_ms + AHEAD_MS:
        raise ApiError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - sent_ms > window_ms:
        raise ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")
