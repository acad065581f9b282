"""What a script hands over: taken to the last digit, or refused in words."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.store.numbers import above_zero, as_id, exact, market, moment, side_of, text
from shared.trading import Side, plain

SANE = st.decimals(D("-1e30"), D("1e30"), allow_nan=False, allow_infinity=False, places=18)


@given(SANE)
def test_every_digit_of_a_decimal_and_of_its_text_is_kept(number: D) -> None:
    assert exact(number, "it") == exact(plain(number), "it") == number


@given(st.integers(-(10**39), 10**39))
def test_whole_numbers_are_numbers(number: int) -> None:
    assert exact(number, "it") == number


@given(st.floats())
def test_a_float_is_never_taken(number: float) -> None:
    with pytest.raises(TypeError, match=r"it is the float .*, which is not exact: write '.*' or Decimal"):
        exact(number, "it")  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["", "one", "1,5", "0x10", "1e41", "1e-51", "Infinity", "-nan", D("sNaN")])
def test_what_is_no_number_or_beyond_all_bounds_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="the price"):
        exact(number, "the price")


@pytest.mark.parametrize("number", [0, "-0.1", D(-1)])
def test_nothing_is_not_more_than_nothing(number: str) -> None:
    with pytest.raises(ValueError, match="a number above 0 is meant"):
        above_zero(number, "amount")


def test_sides_are_words_or_sides() -> None:
    assert side_of("buy") is side_of(Side.BUY) is Side.BUY
    for wrong in ("BUY", "hold", "", None):
        with pytest.raises(ValueError, match="is neither 'buy' nor 'sell'"):
            side_of(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["mine", "a", "A-1_b.c", "9", "x" * 64])
def test_ids_are_those_of_strategies(name: str) -> None:
    assert as_id(name) == name


@pytest.mark.parametrize("name", ["-mine", "a b", "x" * 65, "ä", "a\n", "*"])
def test_other_words_are_no_ids(name: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        as_id(name)


def test_a_market_is_written_as_ccxt_does() -> None:
    assert market("BTC/USDT:USDT") == "BTC/USDT:USDT"
    for wrong in ("BTCUSDT", "BTC/", "BTC / USDT", "/USDT"):
        with pytest.raises(ValueError, match="is no market: write it as BTC/USDT"):
            market(wrong)


def test_a_moment_is_in_microseconds() -> None:
    assert moment(1_763_700_000_000_000, "at_us") == 1_763_700_000_000_000
    for seconds_milliseconds_nanoseconds in (1_763_700_000, 1_763_700_000_000, 1_763_700_000_000_000_000):
        with pytest.raises(ValueError, match="is no time in microseconds UTC"):
            moment(seconds_milliseconds_nanoseconds, "at_us")


def test_text_is_kept_whole_or_refused() -> None:
    assert text("élan 🙂", "reason") == "élan 🙂"
    for wrong in ("", "nul\0", "\ud83d", "x" * 201):
        with pytest.raises(ValueError, match="reason"):
            text(wrong, "reason")
