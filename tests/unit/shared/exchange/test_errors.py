"""ccxt's errors, by what the caller has to do next."""

import ccxt.async_support as ccxt
import pytest

from shared.errors import RepairError, RetryError
from shared.exchange.errors import ThrottledError, explained, retry_after, rubbish


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ccxt.RequestTimeout("slow"), RetryError),
        (ccxt.NetworkError("no route"), RetryError),
        (ccxt.ExchangeNotAvailable("503"), RetryError),
        (ccxt.OnMaintenance("back soon"), RetryError),
        (ccxt.BadResponse("half a page"), RetryError),
        (ccxt.ExchangeError("something"), RetryError),
        (ccxt.BadSymbol("no such pair"), RepairError),
        (ccxt.BadRequest("interval"), RepairError),
        (ccxt.NotSupported("no candles here"), RepairError),
        (ccxt.AuthenticationError("key"), RepairError),
        (ccxt.PermissionDenied("country"), RepairError),
    ],
)
def test_each_error_says_whether_to_try_again(error: Exception, expected: type[Exception]) -> None:
    told = explained(error, "binance", "its time")
    assert type(told) is expected
    assert str(told).startswith("binance, its time: ")


@pytest.mark.parametrize("error", [ccxt.DDoSProtection("418"), ccxt.RateLimitExceeded("429")])
def test_too_many_requests_close_the_gate_for_as_long_as_the_exchange_says(error: Exception) -> None:
    told = explained(error, "binance", "tickers", {"Retry-After": "17"})
    assert isinstance(told, ThrottledError)
    assert told.seconds == 17


def test_retry_after_is_read_in_any_case_and_guessed_where_it_is_missing() -> None:
    assert retry_after({"retry-after": "3"}) == 3
    assert retry_after({"Retry-After": "0"}) == 0.5
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 5
    assert retry_after({}) == 5
    assert retry_after(None) == 5


def test_a_long_answer_does_not_fill_the_log() -> None:
    assert len(str(explained(ccxt.ExchangeError("<html>" * 10_000), "binance", "candles"))) < 400


def test_what_ccxt_cannot_parse_may_be_better_next_time() -> None:
    assert str(rubbish(KeyError("symbols"), "binance", "its markets")) == (
        "binance, its markets: the answer is not what this exchange sends; trying again (KeyError('symbols'))"
    )
