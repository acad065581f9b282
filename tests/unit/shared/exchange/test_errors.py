"""ccxt's errors, by what the caller has to do next."""

import json

import ccxt.async_support as ccxt
import pytest

from shared.errors import ExchangeStoppedError, RepairError, RetryError
from shared.exchange.errors import (
    NoMarketError,
    RubbishError,
    ThrottledError,
    cooldown,
    explained,
    retry_after,
    rubbish,
)

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ccxt.RequestTimeout("slow"), RetryError),
        (ccxt.NetworkError("no route"), RetryError),
        (ccxt.ExchangeNotAvailable("503"), RetryError),
        (ccxt.OnMaintenance("back soon"), RetryError),
        (ccxt.OperationFailed("for some reason"), RetryError),
        (ccxt.ExchangeError("something"), RetryError),
        (ccxt.BadResponse("half a page"), RubbishError),
        (ccxt.BadSymbol("no such pair"), NoMarketError),
        (ccxt.BadRequest("interval"), RepairError),
        (ccxt.NotSupported("no candles here"), RepairError),
        (ccxt.AuthenticationError("key"), ExchangeStoppedError),
        (ccxt.PermissionDenied("country"), ExchangeStoppedError),
        (ccxt.AccountSuspended("you"), ExchangeStoppedError),
        (ccxt.DDoSProtection("418"), ThrottledError),
        (ccxt.RateLimitExceeded("429"), ThrottledError),
    ],
)
def test_each_error_says_whether_to_try_again(error: Exception, expected: type[Exception]) -> None:
    told = explained(error, "binance", "its time")
    assert type(told) is expected
    assert str(told).startswith("binance, its time: ")


@pytest.mark.parametrize(
    ("exchange", "status", "body", "expected"),
    [
        ("binance", 429, {"code": -1003, "msg": "Too many requests."}, ThrottledError),
        ("binance", 418, {"code": -1003, "msg": "IP banned until 1700000060000."}, ThrottledError),
        ("binance", 400, {"code": -1121, "msg": "Invalid symbol."}, NoMarketError),
        ("binance", 400, {"code": -1022, "msg": "Signature is not valid."}, ExchangeStoppedError),
        ("binance", 401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions."}, ExchangeStoppedError),
        ("binance", 503, {"code": -1001, "msg": "Internal error; unable to process your request."}, RetryError),
        ("kraken", 200, {"error": ["EAPI:Rate limit exceeded"]}, ThrottledError),
        ("kraken", 200, {"error": ["EGeneral:Temporary lockout"]}, ThrottledError),
        ("kraken", 200, {"error": ["EGeneral:Too many requests"]}, ThrottledError),
        ("kraken", 200, {"error": ["EQuery:Unknown asset pair"]}, NoMarketError),
        ("kraken", 200, {"error": ["EQuery:Invalid asset pair"]}, NoMarketError),
        ("kraken", 200, {"error": ["EAPI:Invalid key"]}, ExchangeStoppedError),
        ("kraken", 200, {"error": ["EGeneral:Permission denied"]}, ExchangeStoppedError),
        ("kraken", 200, {"error": ["EService:Unavailable"]}, RetryError),
        ("kraken", 200, {"error": ["EService:Busy"]}, RetryError),
        ("kraken", 200, {"error": ["EService:Market in post_only mode"]}, RetryError),
        ("kraken", 200, {"error": ["EGeneral:Never heard of"]}, RetryError),
        ("coinbase", 429, {"error": "rate_limit_exceeded", "message": "Too many requests"}, ThrottledError),
        ("coinbase", 401, {"errors": [{"id": "invalid_token", "message": "no"}]}, ExchangeStoppedError),
        ("coinbase", 400, {"error": "INVALID_ARGUMENT", "message": "ProductID is invalid"}, NoMarketError),
        ("coinbase", 503, {"error": "unavailable", "message": "later"}, RetryError),
    ],
)
def test_what_the_exchanges_really_say(
    exchange: str, status: int, body: dict[str, object], expected: type[Exception]
) -> None:
    client, text = getattr(ccxt, exchange)(), json.dumps(body)

    def handle() -> None:
        client.handle_errors(status, "said", "https://there/api", "GET", {}, text, body, {}, None)
        client.handle_http_status_code(status, "said", "https://there/api", "GET", text)

    with pytest.raises(ccxt.BaseError) as raised:
        handle()
    assert type(explained(raised.value, exchange, "candles")) is expected


@pytest.mark.parametrize(
    ("error", "headers", "seconds"),
    [
        (ccxt.DDoSProtection("429"), {"Retry-After": "17"}, 17),
        (ccxt.DDoSProtection("429"), {"retry-after": "0"}, 0.5),
        (ccxt.DDoSProtection("418 IP banned until 1700000060000. Use WebSocket"), {}, 60),
        (ccxt.DDoSProtection("418 IP banned until 1700000060000"), {"Retry-After": "90"}, 90),
        (ccxt.DDoSProtection('kraken {"error":["EGeneral:Temporary lockout"]}'), {}, 900),
        (ccxt.DDoSProtection('kraken {"error":["EAPI:Rate limit exceeded"]}'), {}, 5),
    ],
)
def test_a_cooldown_lasts_as_long_as_the_exchange_says(
    error: Exception, headers: dict[str, str], seconds: float
) -> None:
    assert cooldown(error, headers, NOW, repeated=0) == seconds


def test_where_it_says_nothing_the_pause_doubles_up_to_a_quarter_hour() -> None:
    error = ccxt.RateLimitExceeded("slow down")
    assert [cooldown(error, {}, NOW, n) for n in (0, 1, 2, 9, 10_000)] == [5, 10, 20, 900, 900]


def test_other_errors_are_no_reason_to_cool_down() -> None:
    assert cooldown(ccxt.RequestTimeout("slow"), {"Retry-After": "17"}, NOW, 0) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3),
        ("1.5", 1.5),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30),
        ("Tue, 14 Nov 2023 22:13:50", 30),
        ("", None),
        ("soon", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"RETRY-AFTER": value}, NOW) == seconds


def test_without_retry_after_nothing_is_told() -> None:
    assert retry_after({"Date": "today"}, NOW) is None


def test_a_long_answer_does_not_fill_the_log() -> None:
    assert len(str(explained(ccxt.ExchangeError("<html>" * 10_000), "binance", "candles"))) < 400


def test_what_ccxt_cannot_parse_may_be_better_next_time_and_shows_how_it_begins() -> None:
    told = rubbish(KeyError("symbols"), "binance", "its markets", "<html>" * 1_000)
    assert str(told) == (
        "binance, its markets: the answer is not what this exchange sends; trying again (KeyError('symbols'))"
    )
    assert told.body == ("<html>" * 1_000)[:500]
