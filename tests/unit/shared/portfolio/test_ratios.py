"""Return and risk, against hand-made examples and against empyrical-reloaded."""

import warnings
from math import isfinite, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.portfolio.ratios import max_drawdown, performance

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

DAYS = 365
RETURNS = [0.01, -0.02, 0.03, 0.0, -0.01, 0.02, -0.04, 0.01]
#: Steps of a ten-thousandth: so none is too small to be told from rounding.
some_returns = st.lists(st.integers(-3_000, 5_000).map(lambda n: n / 10_000), min_size=2, max_size=60)


def ours(returns: list[float]) -> dict[str, float | None]:
    found = performance(np.array(returns), DAYS)
    return {
        "total": found.total_return,
        "annual": found.annual_return,
        "volatility": found.volatility,
        "sharpe": found.sharpe,
        "sortino": found.sortino,
        "calmar": found.calmar,
        "drawdown": found.max_drawdown,
    }


def theirs(returns: list[float]) -> dict[str, float | None]:
    """What empyrical says, with its NaN and infinity as the None that we say instead."""
    column = np.array(returns)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = {
            "total": empyrical.cum_returns_final(column),
            "annual": empyrical.annual_return(column, annualization=DAYS),
            "volatility": empyrical.annual_volatility(column, annualization=DAYS),
            "sharpe": empyrical.sharpe_ratio(column, annualization=DAYS),
            "sortino": empyrical.sortino_ratio(column, annualization=DAYS),
            "calmar": empyrical.calmar_ratio(column, annualization=DAYS),
            "drawdown": empyrical.max_drawdown(column),
        }
    return {name: float(value) if isfinite(value) else None for name, value in found.items()}


def same(ours: dict[str, float | None], theirs: dict[str, float | None]) -> bool:
    """Alike to nine digits, and None where the other is."""
    return all(
        theirs[name] is None if value is None else theirs[name] == pytest.approx(value, 1e-9, 1e-12)
        for name, value in ours.items()
    )


def test_an_example_agrees_with_empyrical_in_every_figure() -> None:
    assert None not in theirs(RETURNS).values()
    assert same(ours(RETURNS), theirs(RETURNS))


@given(some_returns)
def test_any_returns_agree_with_empyrical(returns: list[float]) -> None:
    assert same(ours(returns), theirs(returns))


def test_an_example_by_hand() -> None:
    found = performance(np.array([0.10, -0.50, 0.20]), 3)
    assert found.total_return == pytest.approx(-0.34)
    assert found.annual_return == pytest.approx(-0.34)
    assert found.volatility == pytest.approx(np.std([0.10, -0.50, 0.20], ddof=1) * 3**0.5)
    assert found.max_drawdown == pytest.approx(-0.5)
    assert found.calmar == pytest.approx(-0.68)
    assert found.drawdown_periods == 2


def test_without_a_return_there_is_nothing_to_say() -> None:
    found = performance(np.array([]), DAYS)
    assert (found.periods, found.total_return, found.max_drawdown) == (0, 0.0, 0.0)
    assert (found.annual_return, found.volatility, found.sharpe, found.sortino, found.calmar) == (None,) * 5


def test_one_return_has_no_variation_to_measure() -> None:
    found = performance(np.array([0.01]), DAYS)
    assert found.total_return == pytest.approx(0.01)
    assert (found.volatility, found.sharpe, found.sortino) == (None, None, None)


def test_equity_that_does_not_move_has_no_risk_and_no_ratio() -> None:
    found = performance(np.zeros(10), DAYS)
    assert (found.total_return, found.annual_return, found.volatility, found.max_drawdown) == (0, 0, 0, 0)
    assert (found.sharpe, found.sortino, found.calmar) == (None, None, None)


def test_the_same_gain_every_day_has_no_ratio_where_rounding_would_make_an_enormous_one() -> None:
    found = performance(np.full(10, 0.1), DAYS)
    assert (found.volatility, found.sharpe, found.sortino) == (0, None, None)


def test_a_gap_changes_nothing_and_counts_as_no_period() -> None:
    whole = performance(np.array(RETURNS), DAYS)
    gapped = performance(np.array([*RETURNS[:3], np.nan, *RETURNS[3:]]), DAYS)
    assert (gapped.periods, gapped.sharpe, gapped.total_return) == (whole.periods, whole.sharpe, whole.total_return)
    assert gapped.annual_return == whole.annual_return


def test_for_the_annual_return_empyrical_counts_a_gap_as_a_period_and_we_do_not() -> None:
    gapped = np.array([0.1, np.nan, 0.1])
    assert empyrical.annual_return(gapped, annualization=2) == pytest.approx(1.21 ** (2 / 3) - 1)
    assert performance(gapped, 2).annual_return == pytest.approx(0.21)


def test_what_grows_beyond_all_numbers_in_a_year_has_no_annual_return() -> None:
    assert performance(np.array([100.0]), DAYS).annual_return is None
    with np.errstate(over="ignore"):
        assert np.isinf(empyrical.annual_return(np.array([100.0]), annualization=DAYS))


def test_where_there_is_no_loss_empyrical_has_an_infinite_sortino_and_we_have_none() -> None:
    with np.errstate(all="ignore"):
        assert np.isinf(empyrical.sortino_ratio(np.array([0.01, 0.02]), annualization=DAYS))
    assert performance(np.array([0.01, 0.02]), DAYS).sortino is None


def test_after_everything_is_lost_it_stays_lost() -> None:
    found = performance(np.array([0.5, -1.0, 0.5]), DAYS)
    assert (found.total_return, found.annual_return, found.max_drawdown) == (-1, -1, -1)


def test_a_drawdown_lasts_until_the_peak_is_reached_again() -> None:
    deepest, periods = max_drawdown(np.array([0.1, -0.1, 0.0, 1.0, -0.05]))
    assert deepest == pytest.approx(-0.1)
    assert periods == 3


def test_a_drawdown_that_is_not_over_lasts_until_the_end() -> None:
    deepest, periods = max_drawdown(np.array([0.1, -0.1, 0.01, 0.02]))
    assert deepest == pytest.approx(-0.1)
    assert periods == 3


def test_the_first_value_is_a_peak_too() -> None:
    deepest, periods = max_drawdown(np.array([-0.2, 0.1]))
    assert deepest == pytest.approx(-0.2)
    assert periods == 2


@given(st.lists(st.floats(-1, 3) | st.just(float("nan")), max_size=40))
def test_no_figure_is_ever_infinite_or_not_a_number(returns: list[float]) -> None:
    for name, value in ours(returns).items():
        assert value is None or not (isnan(value) or value in (float("inf"), float("-inf"))), name
