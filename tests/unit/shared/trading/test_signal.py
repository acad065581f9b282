"""A signal says what to do and with how much; nonsense in it is named."""

from decimal import Decimal

import pytest

from shared.trading import Side, Signal, buy, hold, sell


def test_a_strategy_says_what_it_decided_in_one_word() -> None:
    assert buy() == Signal(Side.BUY, Decimal(1), "")
    assert sell("0.5", "rsi above 70") == Signal(Side.SELL, Decimal("0.5"), "rsi above 70")
    assert hold("flat market").reason == "flat market"


def test_a_size_written_as_text_is_exact() -> None:
    assert buy("0.1").size == Decimal("0.1")


@pytest.mark.parametrize("size", ["0", "-0.1", "1.0000001", "NaN", "sNaN", "Infinity"])
def test_a_size_that_is_not_a_fraction_of_what_there_is_is_a_flaw(size: str) -> None:
    assert buy("1").flaw is None
    assert f"its size is {size}" in (buy(size).flaw or "")


@pytest.mark.parametrize("exposure", ["-0.1", "1.1", "NaN"])
def test_a_target_beyond_the_whole_equity_or_below_nothing_is_a_flaw(exposure: str) -> None:
    assert Signal(Side.HOLD, target=Decimal(0)).flaw is None
    assert "its target is" in (Signal(Side.HOLD, target=Decimal(exposure)).flaw or "")


@pytest.mark.parametrize("name", ["limit", "stop", "take_profit"])
@pytest.mark.parametrize("price", ["0", "-5", "NaN", "Infinity"])
def test_a_price_that_can_not_be_one_is_a_flaw(name: str, price: str) -> None:
    assert f"its {name} is {price}" in (Signal(Side.BUY, **{name: Decimal(price)}).flaw or "")  # type: ignore[arg-type]


def test_what_is_not_even_a_number_can_not_be_put_into_a_signal() -> None:
    with pytest.raises(TypeError, match="size must be Decimal"):
        Signal(Side.BUY, 0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="stop must be Decimal or None"):
        Signal(Side.BUY, stop="99")  # type: ignore[arg-type]


def test_sides_are_written_as_the_database_spells_them() -> None:
    assert [str(side) for side in Side] == ["buy", "sell", "hold"]
