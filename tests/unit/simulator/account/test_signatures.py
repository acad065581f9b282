"""Key, secret, request and signature are the example that the exchange publishes."""

import hashlib
import hmac

import pytest

from simulator.account.signatures import verified
from simulator.errors import ApiError

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SHARED = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
TOTAL = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
SIGNED = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
NOW = 1499827319600


def check(query: str, body: str = "", key: str | None = KEY, now_ms: int = NOW) -> dict[str, str]:
    return verified(query, body, key, (KEY, SHARED), now_ms)


def signed(total: str) -> str:
    return f"{total}&signature={hmac.new(SHARED.encode(), total.encode(), hashlib.sha256).hexdigest()}"


def code_of(query: str, body: str = "", key: str | None = KEY, now_ms: int = NOW) -> int:
    with pytest.raises(ApiError) as refused:
        check(query, body, key, now_ms)
    return refused.value.code


def test_the_published_example_is_accepted_as_a_body() -> None:
    assert check("", f"{TOTAL}&signature={SIGNED}")["symbol"] == "LTCBTC"


def test_query_and_body_are_signed_one_after_the_other_without_a_separator() -> None:
    query, body = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC", "quantity=1&price=0.1&timestamp=1499827319559"
    signature = signed(query + body).rpartition("=")[2]
    assert check(query, f"{body}&signature={signature}")["price"] == "0.1"
    assert code_of(f"{query}&{body}&signature={signature}") == -1022


def test_one_changed_digit_is_an_invalid_signature() -> None:
    assert code_of(f"{TOTAL.replace('price=0.1', 'price=0.2')}&signature={SIGNED}") == -1022


def test_no_key_and_an_unknown_key_are_told_apart() -> None:
    assert code_of(f"{TOTAL}&signature={SIGNED}", key=None) == -2014
    assert code_of(f"{TOTAL}&signature={SIGNED}", key="another") == -2015


@pytest.mark.parametrize("absent", ["signature", "timestamp"])
def test_a_missing_signature_or_timestamp_is_named(absent: str) -> None:
    query = TOTAL if absent == "signature" else signed("symbol=LTCBTC")
    with pytest.raises(ApiError, match=absent) as refused:
        check(query)
    assert refused.value.code == -1102


def test_a_request_from_the_past_or_the_future_is_refused() -> None:
    assert code_of(signed(TOTAL), now_ms=1499827319559 + 5001) == -1021
    assert code_of(signed(TOTAL), now_ms=1499827319559 - 1000) == -1021
    assert check(signed(TOTAL), now_ms=1499827319559 + 5000)
    assert check(signed(TOTAL), now_ms=1499827319559 - 999)


def test_a_receive_window_over_a_minute_is_refused() -> None:
    assert code_of(signed("recvWindow=60001&timestamp=1499827319559")) == -1131
