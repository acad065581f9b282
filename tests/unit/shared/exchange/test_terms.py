import pytest

from shared.errors import RepairError
from shared.exchange.terms import terms_of

OURS = "0123456789abcdef0123456789abcdef"


def test_a_deadline_is_named_where_the_exchange_reads_it() -> None:
    until = 1_767_225_600_250
    assert terms_of("kraken").parameters(OURS, until)["deadline"] == "2026-01-01T00:00:00.250Z"
    assert terms_of("okx").headers(until) == {"expTime": "1767225600250"}
    assert terms_of("binance").headers(until) == {}


def test_our_id_goes_into_the_exchanges_own_field() -> None:
    assert terms_of("binance").parameters(OURS, 0) == {"newClientOrderId": OURS}
    assert terms_of("coinbase").parameters(OURS, 0) == {"client_order_id": "01234567-89ab-cdef-0123-456789abcdef"}


def test_a_validity_the_exchange_fixes_can_only_be_accepted() -> None:
    assert terms_of("coinbase").seconds(2) == 120
    assert terms_of("kucoin").seconds(6) == 6
    assert terms_of("binance").seconds(2) == 2


def test_an_exchange_whose_ways_nobody_looked_up_is_refused() -> None:
    with pytest.raises(RepairError, match=r"live trading is for binance, .*kraken"):
        terms_of("hitbtc")
