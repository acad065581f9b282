"""Numbers and times as an operator reads them."""

from decimal import Decimal as D

import pytest

from console import words


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (D("9998.125"), "9,998.12"),
        (D(0), "0.00"),
        (D("0.5"), "0.5"),
        (D("0.00042"), "0.00042"),
        (D("1234567.899"), "1,234,567.90"),
        (None, "–"),
    ],
)
def test_money_has_two_digits_unless_it_would_vanish(amount: D | None, text: str) -> None:
    assert words.money(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(D("1.2"), "+1.20"), (D("-0.351"), "−0.35"), (D("-0.001"), "0.00"), (None, "–")]
)
def test_a_profit_carries_its_sign(amount: D | None, text: str) -> None:
    assert words.signed(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (D("0.083714234"), "0.0837142"),
        (D("1E+3"), "1,000"),
        (D("1234567.8"), "1,234,570"),
        (D("0.10"), "0.1"),
        (D(0), "–"),
        (D("1E-8"), "0.00000001"),
    ],
)
def test_an_amount_has_six_digits_and_never_an_exponent(amount: D, text: str) -> None:
    assert words.quantity(amount) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(420, "0.4 s"), (12_900, "12 s"), (180_000, "3 min"), (10_800_000, "3 h"), (259_200_000, "3 d"), (None, "–")],
)
def test_a_duration_is_told_in_the_unit_that_fits(ms: int | None, text: str) -> None:
    assert words.duration(ms) == text


def test_one_of_a_thing_is_told_in_the_singular() -> None:
    assert [words.several(n, "trade") for n in (0, 1, 2, 1_234)] == ["0 trades", "1 trade", "2 trades", "1,234 trades"]
    assert words.several(1, "strategy", "strategies") == "1 strategy"
    assert words.several(3, "strategy", "strategies") == "3 strategies"


def test_times_are_utc() -> None:
    assert words.clock(1_600_000_000_000) == "12:26:40"
    assert words.moment(1_600_000_000_000) == "2020-09-13 12:26:40"
    assert words.clock(None) == words.moment(None) == "–"


def test_a_trader_process_is_shown_in_few_letters() -> None:
    assert words.owner("0123456789abcdef@trader-host-of-mine") == "012345@trader-host-"
    assert words.owner(None) == "–"


def test_what_a_file_holds_can_not_move_the_cursor() -> None:
    assert words.printable("1,2\x1b[2J\r,é") == "1,2�[2J�,é"


@pytest.mark.parametrize(("ms", "shown"), [(None, "–"), (2_500, "+2,500 ms"), (-40, "−40 ms"), (0, "+0 ms")])
def test_a_clock_is_ahead_or_behind(ms: int | None, shown: str) -> None:
    assert words.offset(ms) == shown


def test_a_fraction_is_told_in_percent_with_its_sign_where_it_can_have_one() -> None:
    assert words.percent(0.0401) == "+4.01 %"
    assert words.percent(-0.5, places=0) == "−50 %"
    assert words.percent(0.63, places=0, signed=False) == "63 %"
    assert words.percent(-0.00001) == "0.00 %"
    assert words.percent(None) == "–"


def test_a_ratio_has_two_digits() -> None:
    assert [words.ratio(number) for number in (1.234, -0.4, None)] == ["1.23", "−0.40", "–"]
