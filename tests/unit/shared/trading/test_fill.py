"""A fill moves cash by its cost and its fee."""

from decimal import Decimal

import pytest

from shared.trading import Fill, Side


def fill(side: Side = Side.BUY, amount: str = "0.5", price: str = "20000", fee: str = "10") -> Fill:
    """Half a bitcoin at 20,000, with a fee of 10."""
    return Fill("t-1", side, Decimal(amount), Decimal(price), Decimal(fee), "USDT", executed_at_us=1)


def test_a_buy_costs_its_price_and_the_fee() -> None:
    assert fill(Side.BUY).cost == 10_000
    assert fill(Side.BUY).cash_change == -10_010


def test_a_sale_brings_its_price_less_the_fee() -> None:
    assert fill(Side.SELL).cash_change == 9_990


@pytest.mark.parametrize(
    "impossible",
    [{"side": Side.HOLD}, {"amount": "0"}, {"amount": "-1"}, {"price": "0"}, {"price": "-1"}, {"fee": "-1"}],
)
def test_a_fill_that_can_not_have_happened_is_refused(impossible: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="impossible fill"):
        fill(**impossible)  # type: ignore[arg-type]
