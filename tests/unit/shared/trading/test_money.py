"""Money is exact, and every number has one text."""

from decimal import Context, Decimal, Inexact, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.trading import floor_to_step, plain
from shared.trading.money import exact, is_sane

MONEY = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
STEPS = st.sampled_from([Decimal(text) for text in ("1", "0.00001", "0.5", "0.25", "0.03", "2", "7", "10", "1E+3")])


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1.50", "1.5"),
        ("-1.50", "-1.5"),
        ("1E-8", "0.00000001"),
        ("12345.678901234567890123", "12345.678901234567890123"),
    ],
)
def test_a_number_is_written_without_exponent_and_trailing_zeros(amount: str, text: str) -> None:
    assert plain(Decimal(amount)) == text


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_not_money(amount: str) -> None:
    with pytest.raises(ValueError, match="money must be a finite number"):
        plain(Decimal(amount))


@given(MONEY)
def test_the_text_of_a_number_gives_it_back(amount: Decimal) -> None:
    assert Decimal(plain(amount)) == amount


@given(MONEY, st.integers(0, 6))
def test_equal_numbers_have_the_same_text_however_they_are_written(amount: Decimal, zeros: int) -> None:
    sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    assert plain(Decimal((sign, (*digits, *[0] * zeros), exponent - zeros))) == plain(amount)


@pytest.mark.parametrize(
    ("amount", "step", "floor"),
    [("0.123456", "0.001", "0.123"), ("5", "0.001", "5"), ("0.0009", "0.001", "0"), ("17", "5", "15")],
)
def test_an_amount_is_cut_down_to_the_exchanges_step(amount: str, step: str, floor: str) -> None:
    assert floor_to_step(Decimal(amount), Decimal(step)) == Decimal(floor)


@given(st.decimals(min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False), STEPS)
@example(Decimal("9.999999999999999999999999999"), Decimal(2))
def test_a_cut_amount_is_the_largest_multiple_of_the_step_that_is_not_above_it(amount: Decimal, step: Decimal) -> None:
    cut = floor_to_step(amount, step)
    with localcontext(prec=99):
        assert cut % step == 0
        assert cut <= amount < cut + step
    assert floor_to_step(cut, step) == cut


def test_an_amount_with_more_digits_than_a_decimal_is_rounded_to_is_cut_exactly() -> None:
    amount = Decimal("12345678901234567890.123456789012345678")
    assert floor_to_step(amount, Decimal("1e-17")) == Decimal("12345678901234567890.12345678901234567")


@given(MONEY, MONEY)
def test_what_is_exact_keeps_every_digit_of_sums_and_products(one: Decimal, other: Decimal) -> None:
    wide = Context(prec=999)
    assert exact(lambda: one * other)() == wide.multiply(one, other)
    assert exact(lambda: one + other)() == wide.add(one, other)


def test_what_would_have_to_be_rounded_raises_instead() -> None:
    with pytest.raises(Inexact):
        exact(lambda: Decimal(1) / 3)()


def test_the_rest_of_the_program_calculates_as_before() -> None:
    before = Decimal(1) / 3
    exact(lambda: None)()
    assert Decimal(1) / 3 == before


@pytest.mark.parametrize("number", ["0", "9e39", "-9e39", "1e-50", "12345678901234567890.123456789012345678"])
def test_what_a_market_could_ever_trade_is_sane(number: str) -> None:
    assert is_sane(Decimal(number))


@pytest.mark.parametrize("number", ["1e40", "-1e40", "1e-51", "0e-51", "NaN", "Infinity"])
def test_what_is_no_number_or_beyond_any_market_is_not(number: str) -> None:
    assert not is_sane(Decimal(number))
