"""The same request always has the same client order id; an order's status only goes on."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.trading import Kind, Leg, OpenOrder, Order, Side, Status, client_order_id, status_after

CANDLE = 1_640_995_200_000
Request = tuple[str, int, Leg, int]
LEGS: list[Leg] = ["entry", "exit"]
REQUESTS: st.SearchStrategy[Request] = st.tuples(
    st.text("ab-1", min_size=1, max_size=3), st.integers(0, 120), st.sampled_from(LEGS), st.integers(1, 12)
)


def test_the_id_of_a_request_never_changes_from_one_release_to_the_next() -> None:
    # Were it to change, an order that was sent before an upgrade could not be found after it.
    assert client_order_id("rsi-btc-1m", CANDLE) == "4d4c7f5efa60f651bff6354ea147956c"
    assert client_order_id("rsi-btc-1m", CANDLE, "stop", 2) == "006903c9fa1d09e2e0498f78b1d29b5f"


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
    assert set(made) <= set("0123456789abcdef")


MARKET = Order("id", "rsi", CANDLE, "entry", 1, "binance", "BTC/USDT", Side.BUY, D(2), 1)
LIMIT = replace(MARKET, kind=Kind.LIMIT, limit_price=D("99.5"))
NEW, SENT, UNKNOWN, OPEN, PART, FILLED, CANCELLED, REJECTED = Status
STATUSES = st.sampled_from(Status)


@pytest.mark.parametrize(
    ("before", "told", "filled", "after"),
    [
        (NEW, OPEN, "0", OPEN),
        (SENT, UNKNOWN, "0", UNKNOWN),
        (UNKNOWN, OPEN, "0", OPEN),
        (UNKNOWN, REJECTED, "0", REJECTED),
        (OPEN, OPEN, "0.5", PART),
        (PART, CANCELLED, "0.5", CANCELLED),
        (PART, FILLED, "2", FILLED),
        (OPEN, CANCELLED, "2", FILLED),
    ],
)
def test_a_status_goes_on_as_the_broker_tells_and_as_fills_are_booked(
    before: Status, told: Status, filled: str, after: Status
) -> None:
    assert status_after(before, told, D(filled), D(2)) == after


@pytest.mark.parametrize(("before", "told"), [(OPEN, SENT), (OPEN, UNKNOWN), (PART, OPEN), (UNKNOWN, NEW)])
def test_an_answer_that_is_older_than_what_is_known_changes_nothing(before: Status, told: Status) -> None:
    assert status_after(before, told, D(0), D(2)) == before


def test_an_order_is_not_filled_before_all_its_fills_are_booked() -> None:
    assert status_after(SENT, FILLED, D(0), D(2)) == OPEN
    assert status_after(SENT, FILLED, D("1.5"), D(2)) == PART


@given(STATUSES, st.lists(st.tuples(STATUSES, st.integers(0, 2)), max_size=8))
def test_no_status_is_ever_followed_by_an_earlier_one_and_an_end_is_final(
    status: Status, told: list[tuple[Status, int]]
) -> None:
    filled = 0
    for word, more in told:
        filled = min(filled + more, 2)
        before, status = status, status_after(status, word, D(filled), D(2))
        assert status.rank >= before.rank
        assert status == before or not before.is_done


def test_a_limit_order_to_buy_holds_the_quote_that_what_is_left_of_it_costs_and_one_to_sell_the_base() -> None:
    assert OpenOrder(LIMIT).held == 199
    assert OpenOrder(LIMIT, Status.PARTIALLY_FILLED, D("1.5")).held == D("49.75")
    selling = OpenOrder(replace(LIMIT, side=Side.SELL), filled=D("0.5"))
    assert (selling.held, selling.held_asset) == (D("1.5"), "BTC")


def test_a_market_order_and_one_that_is_done_hold_nothing() -> None:
    assert OpenOrder(MARKET).held == 0
    assert OpenOrder(LIMIT, Status.CANCELLED, D("0.5")).held == 0


@pytest.mark.parametrize(
    "nonsense",
    [
        {"side": Side.HOLD},
        {"amount": D(0)},
        {"amount": D("NaN")},
        {"amount": D("Infinity")},
        {"kind": Kind.LIMIT},
        {"limit_price": D(1)},
        {"kind": Kind.LIMIT, "limit_price": D(-1)},
        {"kind": Kind.LIMIT, "limit_price": D("NaN")},
    ],
)
def test_an_order_that_makes_no_sense_can_not_be_built(nonsense: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="impossible order"):
        replace(MARKET, **nonsense)  # type: ignore[arg-type]
