"""Decisions to do nothing are committed together, and each by its own lease."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.clock import boot_us
from shared.config import PaperSettings, RiskSettings
from shared.market import Frame
from shared.trading import Position, Signal, Strategy, hold
from tests.integration.trader.desk import PATIENT, Desk, open_desk
from tests.integration.trader.limited import another
from trader.cycle import decide_candle, enter_holds
from trader.holds import Holds
from trader.paper import PaperBroker

PAPER = PaperBroker(PaperSettings())
FREE = RiskSettings()


class Idle(Strategy):
    """Does nothing."""

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return hold()


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[list[Desk]]:
    """Three strategies on one series."""
    first = open_desk(tmp_path)
    first.close_candles([1_000, 2_000, 3_000])
    yield [first, another(first, "two"), another(first, "three")]
    first.database.close()


def decided(desk: Desk, holds: Holds, strategy: Strategy | None = None, seconds: float = 60) -> Signal | None:
    """What a replica does for one of many strategies."""
    running = desk.running(desk.claim("a", seconds), strategy or Idle())
    return decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True, holds=holds)


def cursors(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows("SELECT strategy_id, candle, lease_token FROM strategy_cursors ORDER BY strategy_id")


def test_to_do_nothing_waits_until_it_is_entered_with_others(desks: list[Desk]) -> None:
    holds = Holds()
    for desk in desks:
        assert decided(desk, holds) == hold()
    assert cursors(desks[0]) == []
    assert enter_holds(desks[0].database, holds.take(), FREE) == {}
    assert cursors(desks[0]) == [("one", 3_000, 1), ("three", 3_000, 1), ("two", 3_000, 1)]
    assert holds.take() == []


def test_a_signal_waits_for_nobody(desks: list[Desk]) -> None:
    holds = Holds()
    decided(desks[0], holds)
    running = desks[1].running(desks[1].claim("a"))
    decide_candle(desks[1].database, running, 3_000, PATIENT, PAPER, FREE, newest=True, holds=holds)
    assert cursors(desks[0]) == [("two", 3_000, 1)]
    assert desks[0].rows("SELECT strategy_id, outcome FROM signals") == [("two", "ordered")]


def test_a_lost_lease_holds_up_nobody_else(desks: list[Desk]) -> None:
    holds = Holds()
    for desk in desks:
        decided(desk, holds)
    desks[1].claim("b")
    lost = enter_holds(desks[0].database, holds.take(), FREE)
    assert {name: str(error) for name, error in lost.items()} == {"two": "two belongs to b now"}
    assert cursors(desks[0]) == [("one", 3_000, 1), ("three", 3_000, 1)]


def test_a_lease_that_ran_out_meanwhile_moves_no_cursor(desks: list[Desk]) -> None:
    holds = Holds()
    decided(desks[0], holds, seconds=-1)
    decided(desks[1], holds)
    assert list(enter_holds(desks[0].database, holds.take(), FREE)) == ["one"]
    assert cursors(desks[0]) == [("two", 3_000, 1)]


def test_what_was_entered_already_is_not_entered_again(desks: list[Desk]) -> None:
    holds = Holds()
    decided(desks[0], holds)
    waiting = holds.take()
    assert enter_holds(desks[0].database, waiting, FREE) == {}
    later = [replace(each, candle=2_000) for each in waiting]
    assert enter_holds(desks[0].database, waiting + later, FREE) == {}
    assert cursors(desks[0]) == [("one", 3_000, 1)]


def test_holds_are_due_when_they_are_many_or_have_waited_a_moment(
    desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = boot_us()
    monkeypatch.setattr("trader.holds.boot_us", lambda: now)
    holds = Holds()
    assert not holds.are_due
    decided(desks[0], holds)
    assert not holds.are_due
    now += 50_000
    assert holds.are_due
    (decision,) = holds.take()
    assert not holds.are_due
    for _ in range(50):
        assert not holds.are_due
        holds.add(decision)
    assert holds.are_due
