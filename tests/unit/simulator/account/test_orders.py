from decimal import Decimal

import pytest

from simulator.account.orders import Kind, request_from
from simulator.errors import ApiError
from simulator.market.instrument import instrument

BTC = instrument("BTC/USDT", 7)
LIMIT = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": "60000"}


def refusal_of(changes: dict[str, str | None]) -> ApiError:
    params = {key: value for key, value in {**LIMIT, **changes}.items() if value is not None}
    with pytest.raises(ApiError) as refused:
        request_from(params, BTC)
    return refused.value


def test_a_limit_order_is_read_exactly() -> None:
    request = request_from({**LIMIT, "newClientOrderId": "mine"}, BTC)
    assert (request.kind, request.amount, request.price) == (Kind.LIMIT, Decimal("0.1"), Decimal(60000))
    assert request.client_id == "mine"


@pytest.mark.parametrize("amount", ["0", "0.000001", "0.100001", "90000.00001"])
def test_an_amount_off_the_lot_size_is_refused(amount: str) -> None:
    refused = refusal_of({"quantity": amount})
    assert (refused.code, refused.message) == (-1013, "Filter failure: LOT_SIZE")


@pytest.mark.parametrize("price", ["0", "60000.001", "10000000.01"])
def test_a_price_off_the_tick_is_refused(price: str) -> None:
    refused = refusal_of({"price": price})
    assert (refused.code, refused.message) == (-1013, "Filter failure: PRICE_FILTER")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"side": None}, -1102),
        ({"type": None}, -1102),
        ({"quantity": None}, -1102),
        ({"price": None}, -1102),
        ({"timeInForce": None}, -1102),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP_LOSS"}, -1116),
        ({"timeInForce": "GTX"}, -1115),
        ({"quantity": "1e-3"}, -1100),
        ({"quantity": "-1"}, -1100),
        ({"quantity": "0.123456789"}, -1111),
    ],
)
def test_a_malformed_order_gets_the_exchange_s_code(changes: dict[str, str | None], code: int) -> None:
    assert refusal_of(changes).code == code
