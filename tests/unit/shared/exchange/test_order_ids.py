import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exchange.order_ids import as_it_is, as_text, as_uuid, could_be_ours, digits_in
from shared.exchange.terms import terms_of
from shared.trading import client_order_id

IDS = st.builds(client_order_id, st.text(min_size=1), st.integers(0, 2**40), st.just("entry"), st.integers(1, 9))
SHAPES = {
    "binance": r"[\.A-Z\:/a-z0-9_-]{1,36}",
    "kraken": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "coinbase": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "okx": r"[a-zA-Z0-9]{1,32}",
    "bybit": r"[A-Za-z0-9_-]{1,36}",
    "gate": r"t-[0-9A-Za-z_.-]{1,26}",
    "kucoin": r"[A-Za-z0-9_-]{1,40}",
}


@pytest.mark.parametrize("exchange", SHAPES)
@given(ours=IDS)
def test_our_id_has_the_form_each_exchange_takes(exchange: str, ours: str) -> None:
    assert re.fullmatch(SHAPES[exchange], terms_of(exchange).form(ours))


@given(one=IDS, other=IDS)
def test_two_requests_have_two_ids_in_every_form(one: str, other: str) -> None:
    for form in (as_it_is, as_uuid, as_text):
        assert (form(one) == form(other)) is (one == other)


@given(ours=IDS)
def test_the_digits_come_back_out_of_every_form(ours: str) -> None:
    assert digits_in(as_it_is(ours)) == digits_in(as_uuid(ours)) == ours
    assert ours.startswith(digits_in(as_text(ours)))


def test_what_other_programs_call_their_orders_is_not_taken_for_ours() -> None:
    foreign = [
        "",
        "web_pCCGp9AIHjziKLlpGpXI",
        "x-TKT5PX2F22ecb58eb9074fb1be018c",
        "a",
        "t-abc",
        str(uuid4()),
        uuid4().hex,
    ]
    assert [name for name in foreign if could_be_ours(name)] == []
    assert digits_in("a") == ""


def test_what_looks_like_one_of_ours_is() -> None:
    ours = "00000000000010008000000000000000"
    assert could_be_ours(ours)
    assert could_be_ours(as_uuid(ours))
    assert could_be_ours(as_text(ours))
