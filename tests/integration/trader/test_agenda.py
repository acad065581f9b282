"""What there is to do for a strategy, asked in one statement."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import ledger
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings
from shared.ledger import Agenda
from shared.market import Frame
from shared.trading import Position, Side, Signal, State, StateRow, Strategy, buy, hold, sell
from tests.integration.trader.desk import PATIENT, Desk, open_desk
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.running import Running
from trader.tending import tend_orders, watch_position

PAPER = PaperBroker(PaperSettings(slippage=D(0)))
FREE = RiskSettings(price_band=None)


class Protected(Strategy):
    """Buys once, with a stop and a target."""

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return hold() if position.is_open else buy("0.5", stop=D(90), take_profit=D(120))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    yield opened
    opened.database.close()


def agenda(desk: Desk) -> Agenda:
    with desk.database.read() as connection:
        (found,) = ledger.agendas(connection, ["one"])
    return found


def enter(desk: Desk) -> Running:
    """The strategy has bought at 100."""
    running = desk.running(desk.claim("a"), Protected())
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100", "100.01")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    return running


def closed(desk: Desk, running: Running, bid: str) -> list[tuple[object, ...]]:
    """What was sold, and for which reason, once the market is at `bid`."""
    desk.tick(bid, bid)
    watch_position(desk.database, running, PAPER, FREE)
    desk.tick(bid, bid)
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    return desk.rows("SELECT leg, side, attempt, status FROM orders WHERE leg <> 'entry'")


def test_a_new_candle_makes_a_strategy_due_until_it_has_decided(desk: Desk) -> None:
    assert agenda(desk).is_due
    running = desk.running(desk.claim("a"), Protected())
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert not agenda(desk).is_due
    assert agenda(desk) == Agenda("one", 3_000, 3_000, False, True, False, False)


def test_a_bought_position_is_watched_as_its_signal_asked(desk: Desk) -> None:
    running = enter(desk)
    assert agenda(desk) == Agenda("one", 3_000, 3_000, False, False, True, True)
    with desk.database.read() as connection:
        protection = ledger.protection(connection, "one")
    assert protection is not None
    assert (protection.stop_price, protection.take_profit) == (D(90), D(120))
    assert closed(desk, running, "100") == []


@pytest.mark.parametrize(("bid", "leg"), [("89.5", "stop"), ("121", "target")])
def test_at_stop_or_target_it_is_sold_and_the_watch_ends(desk: Desk, bid: str, leg: str) -> None:
    running = enter(desk)
    assert closed(desk, running, bid) == [(leg, "sell", 1, "filled")]
    found = agenda(desk)
    assert not found.is_watched
    assert not found.has_position


def test_its_stop_holds_for_whoever_has_the_strategy_next_and_while_its_code_is_halted(desk: Desk) -> None:
    enter(desk)
    with desk.database.write() as connection:
        ledger.set_state(connection, StateRow("one", State.HALTED, "strategy", "ZeroDivisionError"), now_us())
    assert agenda(desk).is_distrusted
    heir = replace(desk.running(desk.claim("b"), Protected()), is_minded=True)
    assert closed(desk, heir, "80") == [("stop", "sell", 1, "filled")]


def test_what_the_operator_wants_flat_is_sold_and_his_request_is_done(desk: Desk) -> None:
    running = enter(desk)
    with desk.database.write() as connection:
        ledger.request_flatten(connection, "one", "holidays", now_us())
    assert closed(desk, running, "100") == [("flatten", "sell", 1, "filled")]
    assert desk.rows("SELECT status FROM operator_requests") == [("done",)]


def test_a_request_for_what_is_flat_already_is_done_at_once(desk: Desk) -> None:
    running = desk.running(desk.claim("a"), Protected())
    with desk.database.write() as connection:
        ledger.request_flatten(connection, "one", "to be sure", now_us())
    assert watch_position(desk.database, running, PAPER, FREE) is None
    assert desk.rows("SELECT status FROM operator_requests") == [("done",)]


def test_a_sale_ends_the_protection_and_the_next_purchase_sets_its_own(desk: Desk) -> None:
    class InAndOut(Protected):
        def decide(self, frame: Frame, position: Position) -> Signal:
            return sell() if position.is_open else super().decide(frame, position)

    running = replace(enter(desk), strategy=InAndOut())
    desk.close_candles([4_000])
    signal = decide_candle(desk.database, running, 4_000, PATIENT, PAPER, FREE, newest=True)
    assert signal is not None
    assert signal.side is Side.SELL
    desk.tick("101", "101.01")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    assert desk.rows("SELECT * FROM protections") == []
