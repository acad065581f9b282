"""The same request always has the same client order id, and no two requests share one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.trading import client_order_id

CANDLE = 1_640_995_200_000
Request = tuple[str, int, str, int]
REQUESTS: st.SearchStrategy[Request] = st.tuples(
    st.text("ab-1", min_size=1, max_size=3), st.integers(0, 120), st.sampled_from(["entry", "exit"]), st.integers(1, 12)
)


def test_the_id_of_a_request_never_changes_from_one_release_to_the_next() -> None:
    # Were it to change, an order that was sent before an upgrade could not be found after it.
    assert client_order_id("rsi-btc-1m", CANDLE) == "ch4d4c7f5efa60f651bff6354ea14795"
    assert client_order_id("rsi-btc-1m", CANDLE, "stop", 2) == "ch006903c9fa1d09e2e0498f78b1d29b"


@pytest.mark.parametrize(
    "other",
    [
        ("rsi-btc-1s", CANDLE),
        ("rsi-btc-1m", CANDLE + 60_000),
        ("rsi-btc-1m", CANDLE, "stop"),
        ("rsi-btc-1m", CANDLE, "entry", 2),
    ],
)
def test_another_strategy_candle_leg_or_attempt_is_another_request(other: Request) -> None:
    assert client_order_id(*other) != client_order_id("rsi-btc-1m", CANDLE)


@given(REQUESTS, REQUESTS)
def test_two_requests_have_the_same_id_only_if_they_are_the_same(one: Request, other: Request) -> None:
    assert (client_order_id(*one) == client_order_id(*other)) == (one == other)


@given(REQUESTS)
def test_the_id_is_short_and_plain_enough_for_every_exchange(request: Request) -> None:
    made = client_order_id(*request)
    assert len(made) == 32
    assert made.isascii()
    assert made.isalnum()
