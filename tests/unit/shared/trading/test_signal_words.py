"""The words a strategy decides in take numbers as it has them, and hand them on exactly."""

from decimal import Decimal as D

import numpy as np
import pytest

from shared.trading import Side, Signal, buy, sell, target


@pytest.mark.parametrize("price", [D("100.1"), "100.1", 100.1, np.float64(100.1)])
def test_a_price_is_the_one_that_is_written_whatever_its_type(price: D | str | float) -> None:
    assert buy(limit=price, stop=price, take_profit=price) == Signal(
        Side.BUY, limit=D("100.1"), stop=D("100.1"), take_profit=D("100.1")
    )
    assert sell(limit=price).limit == D("100.1")


def test_a_float_size_is_the_fraction_it_looks_like() -> None:
    assert buy(0.1).size == D("0.1")
    assert buy(1).size == D(1)


def test_a_target_says_how_much_and_leaves_the_side_to_what_is_held() -> None:
    signal = target(0.25, "a quarter", stop=90)
    assert (signal.side, signal.target, signal.stop, signal.reason) == (Side.HOLD, D("0.25"), D(90), "a quarter")


@pytest.mark.parametrize(
    "signal", [buy(float("nan")), buy(stop=float("inf")), target(-0.1), sell(limit=np.float64(-1))]
)
def test_nonsense_is_carried_to_whoever_refuses_it(signal: Signal) -> None:
    assert signal.flaw


def test_what_is_no_number_is_an_error_of_the_strategy() -> None:
    with pytest.raises(ArithmeticError):
        buy("half")
