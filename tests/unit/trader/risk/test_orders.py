"""Which orders are not wanted any more."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from shared.config import RiskSettings
from shared.trading import Lately, Side, State, StateRow, Status
from tests.unit.trader.risk.example import CANDLE, FLAT, NOW, waiting
from trader.risk import last_moment, unwanted

PATIENCE = 10_000.0
NEW, RESTING = waiting("entry"), waiting("entry", "19000", status=Status.OPEN)


def test_an_entry_is_wanted_while_nothing_speaks_against_it() -> None:
    assert unwanted(NEW, FLAT, PATIENCE) is None
    assert unwanted(RESTING, FLAT, PATIENCE) is None


@pytest.mark.parametrize(("state", "new", "resting"), [(State.REDUCING, True, False), (State.HALTED, True, True)])
def test_reducing_holds_back_what_was_not_sent_and_halted_takes_back_what_rests(
    state: State, new: bool, resting: bool
) -> None:
    stopped = replace(FLAT, state=StateRow("*", state, "operator", "lunch"))
    assert (unwanted(NEW, stopped, PATIENCE) is not None) == new
    assert (unwanted(RESTING, stopped, PATIENCE) is not None) == resting


def test_an_entry_at_the_market_goes_stale_and_one_at_a_limit_waits() -> None:
    later = replace(FLAT, now_us=NOW + 10_000_000)
    assert unwanted(NEW, later, PATIENCE) == "no price came in time: the decision is stale"
    assert unwanted(RESTING, later, PATIENCE) is None
    assert last_moment(NEW, PATIENCE) == NEW.order.decided_at_us + 10_000_000


def test_an_entry_is_taken_back_when_the_position_shall_be_closed() -> None:
    assert unwanted(RESTING, replace(FLAT, waiting=(RESTING, waiting("flatten"))), PATIENCE) == (
        "overtaken by a later flatten"
    )


def test_an_exit_at_its_limit_makes_room_for_one_at_the_market_whatever_the_clock_said_meanwhile() -> None:
    limited = waiting("exit", limit="21000")
    stop = waiting("stop", decided_at_us=limited.order.decided_at_us - 3_600_000_000)  # the clock was set back
    seen = replace(FLAT, waiting=(limited, stop))
    assert unwanted(limited, seen, PATIENCE) == "overtaken by a later stop"
    assert unwanted(stop, seen, PATIENCE) is None


def test_of_two_exits_at_a_limit_the_one_of_the_later_candle_stays() -> None:
    first = waiting("exit", limit="21000")
    second = replace(first, order=replace(first.order, client_order_id="second", candle=CANDLE, decided_at_us=1))
    seen = replace(FLAT, waiting=(first, second))
    assert unwanted(first, seen, PATIENCE) == "overtaken by a later exit"
    assert unwanted(second, seen, PATIENCE) is None


def test_an_entry_is_taken_back_when_the_strategy_has_decided_to_sell_since() -> None:
    turned = replace(FLAT, newest_signal=(CANDLE, Side.SELL))
    assert unwanted(RESTING, turned, PATIENCE) == "the strategy has changed its mind"
    assert unwanted(RESTING, replace(FLAT, newest_signal=(CANDLE, Side.BUY)), PATIENCE) is None


def test_entries_let_in_at_the_same_moment_that_are_too_much_together_are_let_go_of_before_they_are_sent() -> None:
    full = replace(FLAT, desk=RiskSettings(max_exposure=D(5_000)), desk_lately=Lately(exposure=D(8_000)))
    assert unwanted(NEW, full, PATIENCE) == "the desk's max_exposure 5000: 8000.00 with what is on its way"
    assert unwanted(RESTING, full, PATIENCE) is None
    held = replace(FLAT, desk=RiskSettings(max_position=D(1)), desk_lately=Lately(amount=D("1.1")))
    assert unwanted(NEW, held, PATIENCE) == "the desk's max_position 1: 1.1 with what is on its way"


def test_a_price_that_moves_a_little_lets_no_entry_go() -> None:
    moved = replace(FLAT, desk=RiskSettings(max_exposure=D(5_000)), desk_lately=Lately(exposure=D(5_040)))
    assert unwanted(NEW, moved, PATIENCE) is None
