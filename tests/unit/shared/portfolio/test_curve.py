"""Equity over time."""

from decimal import Decimal as D

import numpy as np
import pytest

from shared.portfolio.curve import Curve, together, wealth


def curve(equity: str, paid_in: str = "") -> Curve:
    worth = tuple(D(word) for word in equity.split())
    paid = tuple(D(word) for word in paid_in.split()) or (D(0),) * len(worth)
    return Curve(tuple(range(len(worth))), worth, paid)


def test_a_return_is_what_a_period_added_to_what_was_there() -> None:
    assert curve("100 110 99").returns == pytest.approx([0.1, -0.1])


def test_money_paid_in_is_no_profit() -> None:
    joined = curve("100 110 1122", "0 0 1000")
    assert joined.gain == D(22)
    assert joined.returns == pytest.approx([0.1, 12 / 1110])


def test_before_the_first_money_there_is_no_return() -> None:
    found = curve("0 0 1000 1100", "0 0 1000 0").returns
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([0, 0.1])


def test_a_loss_of_more_than_everything_is_everything_and_nothing_is_earned_on_debt() -> None:
    found = curve("100 -50 -40").returns
    assert found[0] == -1
    assert np.isnan(found[1])
    assert wealth(found).tolist() == [1, 0, 0]


def test_the_sum_of_curves_is_exact() -> None:
    tiny, exact = "0.0000000000000000000000000000001", "1000000.0000000000000000000000000000001"
    whole = together([curve(f"1 {tiny}"), curve("0 1000000")])
    assert whole.equity == (D(1), D(exact))
    assert whole.gain == D("999999.0000000000000000000000000000001")


def test_curves_of_different_edges_are_not_added_up() -> None:
    with pytest.raises(ValueError, match="different edges"):
        together([curve("1 2"), curve("1 2 3")])


def test_no_curve_at_all_is_an_empty_one() -> None:
    nothing = together([])
    assert (nothing.gain, nothing.mean) == (D(0), D(0))
    assert len(nothing.returns) == 0


def test_the_mean_leaves_out_when_there_was_nothing_yet() -> None:
    assert curve("0 0 100 200").mean == D(150)


def test_a_live_value_takes_the_place_of_the_last_one() -> None:
    assert curve("1 2 3").ending(D(5)).equity == (D(1), D(2), D(5))
