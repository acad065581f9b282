"""Guards, each as an example."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from shared.config import RiskSettings
from shared.trading import Lately, Leg, RecentTrade, buy, sell
from tests.unit.trader.risk.example import FLAT, HOLDING, MINUTE, NOW, verdict
from trader.risk import look_back_us
from trader.situation import Situation


def trade(leg: Leg, minutes_ago: float, profit: str = "0", order: str = "") -> RecentTrade:
    at = NOW - int(minutes_ago * MINUTE)
    return RecentTrade(order or f"{leg}{minutes_ago}", leg, D(1_000), D(profit), at)


def after(*trades: RecentTrade, **limits: object) -> Situation:
    lately = Lately(trades=tuple(sorted(trades, key=lambda each: -each.executed_at_us)))
    return replace(FLAT, limits=RiskSettings.model_validate(limits), lately=lately)


def outcome(situation: Situation) -> str:
    return verdict(buy(), situation).outcome


def test_after_an_exit_entries_cool_down() -> None:
    assert outcome(after(trade("exit", 4), cooldown_minutes=5)) == (
        "refused: cooldown_minutes after an exit; entries pause 1 min more"
    )
    assert outcome(after(trade("exit", 5), cooldown_minutes=5)) == "ordered"
    assert outcome(after(trade("entry", 1), cooldown_minutes=5)) == "ordered"


STOPS = {"stops": 2, "stops_minutes": 60, "pause_minutes": 30}


def test_so_many_stops_within_their_time_pause_entries() -> None:
    assert outcome(after(trade("stop", 50), trade("stop", 10), **STOPS)) == (
        "refused: stops: 2 in 60 min; entries pause 20 min more"
    )


@pytest.mark.parametrize(
    "trades",
    [
        [trade("stop", 10)],
        [trade("stop", 50), trade("stop", 31)],  # the pause is over
        [trade("stop", 71), trade("stop", 10)],  # further apart than the time they are counted in
        [trade("stop", 10, order="a"), trade("stop", 10.1, order="a")],  # one stop in two fills
        [trade("exit", 50), trade("target", 10)],
    ],
)
def test_fewer_stops_or_older_ones_pause_nothing(trades: list[RecentTrade]) -> None:
    assert outcome(after(*trades, **STOPS)) == "ordered"


LOW = {"low_profit": D("0.01"), "low_profit_minutes": 60, "pause_minutes": 30}


def test_less_profit_than_wanted_pauses_entries() -> None:
    # 5 - 1 of fees on 1,000 sold are 0.4 %
    assert outcome(after(trade("entry", 20, "-1"), trade("exit", 10, "5"), **LOW)) == (
        "refused: low_profit 1.00%: 0.40% in 60 min; entries pause 20 min more"
    )


@pytest.mark.parametrize(
    "trades",
    [
        [trade("exit", 10, "10")],
        [trade("exit", 31, "-50")],  # the pause is over
        [trade("exit", 71, "-50"), trade("exit", 10, "20")],  # the loss is too old to count
        [trade("entry", 10, "-50")],  # nothing was closed
    ],
)
def test_enough_profit_or_old_losses_pause_nothing(trades: list[RecentTrade]) -> None:
    assert outcome(after(*trades, **LOW)) == "ordered"


def test_the_desk_has_the_same_guards_over_all_strategies() -> None:
    lately = Lately(trades=(trade("exit", 1),))
    paused = replace(FLAT, desk=RiskSettings(cooldown_minutes=5), desk_lately=lately)
    assert outcome(paused) == "refused: the desk's cooldown_minutes after an exit; entries pause 4 min more"


def test_no_guard_keeps_an_exit() -> None:
    paused = after(trade("stop", 2), trade("stop", 1, "-500"), **STOPS, low_profit=D(1), cooldown_minutes=1_000)
    assert verdict(sell(), replace(paused, books=HOLDING.books)).outcome == "ordered"


def test_trades_are_read_as_far_back_as_the_guards_look() -> None:
    assert look_back_us(RiskSettings()) == 0
    assert look_back_us(RiskSettings(cooldown_minutes=5)) == 5 * MINUTE
    assert look_back_us(RiskSettings(stops=2, stops_minutes=60, pause_minutes=30)) == 90 * MINUTE
