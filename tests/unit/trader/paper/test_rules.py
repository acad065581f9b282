"""What an exchange refuses."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from shared.trading import Side
from tests.unit.trader.paper.market import MARKET, order
from trader.paper.rules import refusal

STRICT = replace(MARKET, minimum_amount=D("0.001"), maximum_amount=D(9))


@pytest.mark.parametrize(
    ("amount", "limit", "reason"),
    [
        ("0.0010001", None, "lot size: 0.0010001 is no multiple of 0.00001"),
        ("0.00099", None, "lot size: 0.00099 is less than 0.001, the smallest amount of an order"),
        ("9.00001", None, "lot size: 9.00001 is more than 9, the largest amount of an order"),
        ("1", "100.005", "price filter: 100.005 is no multiple of 0.01"),
        ("0.01", None, "notional: 0.01 at 100 is less than 5, the smallest order"),
        ("0.05", None, None),
        ("9", "100.01", None),
    ],
)
def test_an_order_keeps_the_markets_rules_or_is_refused(amount: str, limit: str | None, reason: str | None) -> None:
    assert refusal(order(Side.BUY, amount, limit), D(100), STRICT) == reason
