"""A fill moves quote by its cost, base by its amount, and the asset its fee is in by the fee."""

from decimal import Context
from decimal import Decimal as D

import pytest

from shared.trading import Fill, Side
from tests.unit.shared.trading.fills import bought, fill, sold


def test_a_buy_costs_its_price_and_the_fee() -> None:
    one = bought("0.5", "20000", fee="10")
    assert (one.cost, one.cash_change, one.base_change, one.fee_quote) == (D(10000), D(-10010), D("0.5"), D(10))


def test_a_sale_brings_its_price_less_the_fee() -> None:
    one = sold("0.5", "20000", fee="10")
    assert (one.cash_change, one.base_change) == (D(9990), D("-0.5"))


def test_a_fee_in_base_comes_off_what_is_bought_and_is_worth_the_fills_price() -> None:
    one = bought("0.1", "20000", fee="0.0001", asset="BTC")
    assert (one.cash_change, one.base_change, one.fee_quote) == (D(-2000), D("0.0999"), D(2))


def test_a_fee_in_base_goes_with_what_is_sold() -> None:
    one = sold("0.1", "20000", fee="0.0001", asset="BTC")
    assert (one.cash_change, one.base_change) == (D(2000), D("-0.1001"))


def test_a_fee_in_a_third_asset_moves_neither_side_and_counts_with_what_it_was_worth_if_anybody_knows() -> None:
    known = fill(Side.BUY, "1", "100", "0.001", "BNB", worth="0.6")
    assert (known.cash_change, known.base_change, known.fee_quote) == (D(-100), D(1), D("0.6"))
    assert bought("1", "100", "0.001", "BNB").fee_quote is None


def test_a_rebate_is_a_fee_below_zero() -> None:
    assert bought("1", "100", fee="-0.02").cash_change == D("-99.98")


def test_what_changes_hands_keeps_every_digit() -> None:
    one = bought("123456789.123456789012345678", "0.000000123456789012345678901")
    assert one.cost == D(123456789123456789012345678 * 123456789012345678901).scaleb(-18 - 27, Context(prec=99))


@pytest.mark.parametrize(
    "impossible",
    [
        {"side": Side.HOLD},
        *({name: D(text)} for name in ("amount", "price") for text in ("0", "-1", "NaN", "Infinity", "1e40", "1e-51")),
        *({name: D(text)} for name in ("fee", "fee_value") for text in ("NaN", "-Infinity", "1e-51")),
    ],
)
def test_a_fill_that_can_not_have_happened_is_refused(impossible: dict[str, object]) -> None:
    given = {name: getattr(bought("0.5", "20000"), name) for name in Fill.__dataclass_fields__}
    with pytest.raises(ValueError, match="impossible fill"):
        Fill(**(given | impossible))
