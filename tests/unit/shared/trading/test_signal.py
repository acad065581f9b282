"""A signal says what to do and with how much; nonsense can't be built."""

from decimal import Decimal

import pytest

from shared.trading import Side, Signal, buy, hold, sell


def test_a_strategy_says_what_it_decided_in_one_word() -> None:
    assert buy() == Signal(Side.BUY, Decimal(1), "")
    assert sell("0.5", "rsi above 70") == Signal(Side.SELL, Decimal("0.5"), "rsi above 70")
    assert hold("flat market").reason == "flat market"


def test_a_size_written_as_text_is_exact() -> None:
    assert buy("0.1").size == Decimal("0.1")


@pytest.mark.parametrize("size", ["0", "-0.1", "1.0000001", "NaN", "Infinity"])
def test_a_size_that_is_not_a_fraction_of_what_there_is_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="0 < size <= 1"):
        buy(size)


def test_sides_are_written_as_the_database_spells_them() -> None:
    assert [str(side) for side in Side] == ["buy", "sell", "hold"]
