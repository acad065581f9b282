"""Limits, each as an example."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.config import RiskSettings
from shared.trading import Lately, Mark, Signal, State, buy
from tests.unit.trader.risk.example import FLAT, HOLDING, MARKET, NOW, amount, limited, verdict
from trader.risk import breach

HALF_HELD = replace(HOLDING.books, cash=D(10_000))
DAY = NOW - NOW % 86_400_000_000


@pytest.mark.parametrize(
    ("limits", "lately", "ordered"),
    [
        ({"max_order": D(1_000)}, Lately(), "0.05"),
        ({"max_position": D("0.3")}, Lately(), "0.3"),
        ({"max_position": D("0.3")}, Lately(amount=D("0.25")), "0.05"),
        ({"max_exposure": D(4_000)}, Lately(), "0.2"),
        ({"max_exposure": D(4_000)}, Lately(exposure=D(3_000)), "0.05"),
        ({"max_order": D(1_000), "max_position": D("0.01")}, Lately(), "0.01"),
    ],
)
def test_an_entry_is_cut_to_the_room_there_is(limits: dict[str, Any], lately: Lately, ordered: str) -> None:
    assert amount(buy(), replace(limited(**limits), lately=lately)) == D(ordered)
    assert amount(buy(), replace(FLAT, desk=RiskSettings(**limits), desk_lately=lately)) == D(ordered)


def test_the_outcome_says_by_what_an_entry_was_cut() -> None:
    assert verdict(buy(), limited(max_order=D(1_000))).outcome == (
        "ordered, cut from 0.49450 to 0.05000 by max_order 1000"
    )
    desk = replace(FLAT, desk=RiskSettings(max_exposure=D(2_000)))
    assert verdict(buy(), desk).outcome == "ordered, cut from 0.49450 to 0.10000 by the desk's max_exposure 2000"


def test_an_entry_within_the_limits_is_not_touched() -> None:
    roomy = limited(max_order=D(50_000), max_position=D(2), max_exposure=D(50_000), orders_per_minute=5)
    assert verdict(buy(), roomy).outcome == "ordered"


@pytest.mark.parametrize(
    ("limits", "lately", "reason"),
    [
        ({"max_position": D("0.5")}, Lately(amount=D("0.5")), "max_position 0.5 leaves room for 0.00000 only"),
        ({"max_position": D("0.5")}, Lately(amount=D("0.7")), "max_position 0.5 leaves room for 0.00000 only"),
        ({"max_exposure": D(9_999)}, Lately(exposure=D(9_998)), "max_exposure 9999 leaves room for 0.00005 only"),
        ({"orders_per_minute": 3}, Lately(orders=3), "orders_per_minute: 3 within the last minute"),
        (
            {"max_daily_loss": D("0.05")},
            Lately(mark=Mark("one", DAY, D(10_000), D(12_000), D(9_500), D(0), NOW)),
            "max_daily_loss 5.00%: 5.00% of the day's first equity 10000.00 is gone",
        ),
        (
            {"max_drawdown": D("0.2")},
            Lately(mark=Mark("one", DAY, D(10_000), D(12_500), D(10_000), D(0), NOW)),
            "max_drawdown 20.00%: 20.00% of the highest equity 12500.00 is gone",
        ),
    ],
)
def test_an_entry_without_room_is_refused(limits: dict[str, Any], lately: Lately, reason: str) -> None:
    own = verdict(buy(), replace(limited(**limits), lately=lately))
    desk = verdict(buy(), replace(FLAT, desk=RiskSettings(**limits), desk_lately=lately))
    assert own.order is None
    assert own.outcome.startswith(f"refused: {reason}")
    assert desk.order is None
    assert desk.outcome.startswith(f"refused: the desk's {reason}")


def test_a_target_is_cut_like_any_other_entry() -> None:
    assert amount(Signal(buy().side, target=D(1)), limited(max_order=D(1_000))) == D("0.05")


def test_the_market_takes_no_more_than_its_largest_order() -> None:
    assert amount(buy(), replace(FLAT, market=replace(MARKET, maximum_amount=D("0.1")))) == D("0.1")


@given(
    max_order=some.none() | some.decimals(1, 10**6, places=2),
    max_position=some.none() | some.decimals(D("0.001"), 100, places=4),
    max_exposure=some.none() | some.decimals(1, 10**6, places=2),
    held=some.decimals(0, 100, places=5),
    worth=some.decimals(0, 10**6, places=2),
    price=some.decimals(D("0.01"), 10**5, places=2),
)
def test_no_entry_goes_beyond_any_limit(
    max_order: D | None, max_position: D | None, max_exposure: D | None, held: D, worth: D, price: D
) -> None:
    lately = Lately(amount=held, exposure=worth)
    situation = replace(
        limited(max_order=max_order, max_position=max_position, max_exposure=max_exposure),
        price=price,
        ticker=None,
        lately=lately,
    )
    ordered = amount(buy(), situation)
    if ordered:
        assert max_order is None or ordered * price <= max_order
        assert max_position is None or held + ordered <= max_position
        assert max_exposure is None or worth + ordered * price <= max_exposure


LOSSES = RiskSettings(max_daily_loss=D("0.05"), max_drawdown=D("0.2"))


@pytest.mark.parametrize(
    ("equity", "state"), [("9501", None), ("9500", State.REDUCING), ("8000", State.HALTED), ("0", State.HALTED)]
)
def test_a_days_loss_lets_nothing_new_in_and_a_drawdown_halts(equity: str, state: State | None) -> None:
    found = breach(Mark("one", DAY, D(10_000), D(10_000), D(equity), D(0), NOW), LOSSES)
    assert (found and found[0]) == state
