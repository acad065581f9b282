"""What happens to one closed candle, and to one open order, on a real database."""

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import ledger
from shared.candles.exchanges import note_clock, stop_exchange
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings, TraderSettings
from shared.errors import LeaseLostError, StrategyError
from shared.market import Frame
from shared.trading import Books, Position, Side, Signal
from tests.integration.trader.desk import PATIENT, Desk, Flip, open_desk
from trader.cycle import decide_candle, due_candles
from trader.paper import PaperBroker
from trader.running import Running
from trader.tending import tend_orders

PAPER = PaperBroker(PaperSettings(slippage=D(0), fee=D("0.001")))
FREE = RiskSettings()


def tend(desk: Desk, running: Running, settings: TraderSettings = PATIENT) -> int:
    """What a replica does with the open orders of a strategy."""
    return tend_orders(desk.database, running, settings, PAPER, FREE)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    yield opened
    opened.database.close()


def test_signal_cursor_and_order_intent_are_committed_together(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    assert due_candles(desk.database, running, PATIENT) == [3_000]
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT candle, side, outcome, lease_token FROM signals") == [(3_000, "buy", "ordered", 1)]
    assert desk.rows("SELECT candle, side, amount, status FROM orders") == [(3_000, "buy", "98.90109", "new")]
    assert desk.rows("SELECT candle FROM strategy_cursors") == [(3_000,)]
    assert due_candles(desk.database, running, PATIENT) == []


def test_a_candle_asked_for_twice_is_decided_once(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    assert decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True) is not None
    assert decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True) is None
    assert decide_candle(desk.database, running, 2_000, PATIENT, PAPER, FREE, newest=True) is None
    assert desk.rows("SELECT count(*) FROM signals") == [(1,)]


def test_missed_candles_are_decided_in_order_and_only_the_newest_may_trade(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 1_000, PATIENT, PAPER, FREE, newest=False)
    waiting = due_candles(desk.database, running, PATIENT)
    assert waiting == [2_000, 3_000]
    for candle in waiting:
        decide_candle(desk.database, running, candle, PATIENT, PAPER, FREE, newest=candle == 3_000)
    assert desk.rows("SELECT candle, outcome FROM signals ORDER BY candle") == [
        (1_000, "refused: a newer candle is known"),
        (2_000, "refused: a newer candle is known"),
        (3_000, "ordered"),
    ]


def test_whoever_lost_the_lease_writes_nothing(desk: Desk) -> None:
    before = desk.running(desk.claim("a"))
    desk.claim("b")
    with pytest.raises(LeaseLostError, match="one belongs to b now"):
        decide_candle(desk.database, before, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT count(*) FROM signals") == [(0,)]
    assert desk.rows("SELECT count(*) FROM strategy_cursors") == [(0,)]


def test_whoever_let_the_lease_run_out_writes_nothing(desk: Desk) -> None:
    late = desk.running(desk.claim("a", seconds=-1))
    with pytest.raises(LeaseLostError, match="ran out"):
        decide_candle(desk.database, late, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT count(*) FROM signals") == [(0,)]


def test_an_order_waits_for_the_first_ticker_after_its_decision(desk: Desk) -> None:
    desk.tick("99.00", "99.01")
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert tend(desk, running) == 0
    desk.tick("100.00", "100.02")
    desk.tick("120.00", "120.02")
    assert tend(desk, running) == 1
    assert desk.rows("SELECT side, amount, price, cost, fee FROM trades") == [
        ("buy", "98.90109", "100.02", "9892.0870218", "9.8920870218")
    ]


def test_a_fill_moves_position_balances_equity_and_order_in_one_step(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.02")
    tend(desk, running)
    with desk.database.read() as connection:
        books = ledger.books(connection, "one", "binance", "BTC/USDT")
    assert books == Books(
        D("98.0208911782"),
        Position(D("98.90109"), D("9892.0870218"), realized_pnl=D("-9.8920870218"), fees=D("9.8920870218")),
    )
    assert desk.rows("SELECT asset, total, change FROM balance_history ORDER BY balance_id") == [
        ("USDT", "10000", "10000"),
        ("USDT", "98.0208911782", "-9901.9791088218"),
        ("BTC", "98.90109", "98.90109"),
    ]
    assert desk.rows("SELECT equity FROM equity_history ORDER BY equity_id") == [("10000",), ("9990.1079129782",)]
    assert desk.rows("SELECT status FROM orders") == [("filled",)]


def test_an_order_is_filled_once_however_often_it_is_looked_at(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.02")
    assert [tend(desk, running) for _ in range(3)] == [1, 0, 0]
    assert desk.rows("SELECT count(*) FROM trades") == [(1,)]


def test_an_order_the_cash_cannot_pay_any_more_is_rejected_with_the_reason(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("150.00", "150.02")
    tend(desk, running)
    ((status, reason),) = desk.rows("SELECT status, reason FROM orders")
    assert status == "rejected"
    assert "insufficient funds" in str(reason)
    assert desk.rows("SELECT count(*) FROM trades") == [(0,)]


def test_whoever_lost_the_lease_settles_nothing(desk: Desk) -> None:
    before = desk.running(desk.claim("a"))
    decide_candle(desk.database, before, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.02")
    after = desk.running(desk.claim("b"))
    with pytest.raises(LeaseLostError):
        tend(desk, before)
    assert tend(desk, after) == 1
    assert desk.rows("SELECT lease_token FROM trades") == [(2,)]


def test_a_stale_series_takes_no_entry(desk: Desk) -> None:
    impatient = PATIENT.model_copy(update={"stale_seconds": 10.0})
    decide_candle(desk.database, desk.running(desk.claim("a")), 3_000, impatient, PAPER, FREE, newest=True)
    assert desk.rows("SELECT outcome FROM signals") == [("refused: the series is stale",)]


@pytest.mark.parametrize(("offset", "outcome"), [(2_500, "refused: binance's clock is +2500 ms"), (1_500, "ordered")])
def test_an_exchange_whose_clock_is_too_far_off_takes_no_entry(desk: Desk, offset: int, outcome: str) -> None:
    with desk.database.write() as connection:
        note_clock(connection, "binance", offset, now_us())
    decide_candle(desk.database, desk.running(desk.claim("a")), 3_000, PATIENT, PAPER, FREE, newest=True)
    ((found,),) = desk.rows("SELECT outcome FROM signals")
    assert str(found).startswith(outcome)


def test_a_stopped_exchange_takes_no_entry(desk: Desk) -> None:
    with desk.database.write() as connection:
        stop_exchange(connection, "binance", "the key is wrong", now_us())
    decide_candle(desk.database, desk.running(desk.claim("a")), 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT outcome FROM signals") == [("refused: binance is stopped: the key is wrong",)]


class Slow(Flip):
    @property
    def warm_up(self) -> int:
        return 4


def test_a_strategy_that_has_too_little_to_look_at_waits_for_it(desk: Desk) -> None:
    running = desk.running(desk.claim("a"), Slow())
    assert decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True) is None
    assert desk.rows("SELECT count(*) FROM strategy_cursors") == [(0,)]
    desk.close_candles([4_000])
    assert decide_candle(desk.database, running, 4_000, PATIENT, PAPER, FREE, newest=True) is not None


def test_a_candle_behind_a_hole_waits_until_the_hole_is_filled(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.close_candles([6_000, 7_000])
    assert due_candles(desk.database, running, PATIENT) == []
    desk.close_candles([4_000])
    assert due_candles(desk.database, running, PATIENT) == [4_000]
    desk.close_candles([5_000])
    assert due_candles(desk.database, running, PATIENT) == [4_000, 5_000, 6_000, 7_000]


def test_a_hole_that_is_not_filled_in_time_is_waited_for_no_longer(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.close_candles([6_000, 7_000])
    assert due_candles(desk.database, running, TraderSettings()) == [6_000, 7_000]


def test_what_lies_behind_a_gap_is_not_shown_until_the_gap_is_filled(desk: Desk) -> None:
    running = desk.running(desk.claim("a"), Slow())
    desk.close_candles([6_000, 7_000])
    assert decide_candle(desk.database, running, 7_000, PATIENT, PAPER, FREE, newest=True) is None
    desk.close_candles([4_000, 5_000])
    assert decide_candle(desk.database, running, 7_000, PATIENT, PAPER, FREE, newest=True) is not None


def test_an_entry_without_a_price_in_time_is_cancelled_and_not_filled_later(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    hasty = PATIENT.model_copy(update={"stale_seconds": 1e-9, "stale_candles": 1e-9})
    desk.tick("100.00", "100.02")
    assert tend(desk, running, hasty) == 1
    ((status, reason),) = desk.rows("SELECT status, reason FROM orders")
    assert status == "cancelled"
    assert "no price came in time" in str(reason)
    assert desk.rows("SELECT count(*) FROM trades") == [(0,)]


def test_cash_is_what_was_booked_last_even_when_the_clock_has_stepped_back(desk: Desk) -> None:
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.02")
    tend(desk, running)
    with desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE balance_history SET recorded_at_us = 1 WHERE balance_id > 1")
    with desk.database.read() as connection:
        assert ledger.books(connection, "one", "binance", "BTC/USDT").cash == D("98.0208911782")


@pytest.mark.parametrize("warm_up", [0, -1, 1.5, None, True])
def test_a_warm_up_that_is_no_number_of_candles_is_refused(desk: Desk, warm_up: object) -> None:
    class Odd(Flip):
        @property
        def warm_up(self) -> int:
            return warm_up  # type: ignore[return-value]

    with pytest.raises(StrategyError, match="whole number of candles from 1 on"):
        desk.running(desk.claim("a"), Odd())


def test_a_strategy_that_cannot_say_what_it_needs_is_refused(desk: Desk) -> None:
    class Lost(Flip):
        def indicators(self) -> dict[str, str]:
            return {"rsi": f"ta:momentum.rsi:{self.parameters.window}"}

    with pytest.raises(StrategyError, match=r"one: AttributeError: .*window"):
        desk.running(desk.claim("a"), Lost())


@pytest.mark.parametrize("field", [{"side": "buy"}, {"size": 1.0}, {"reason": None}])
def test_a_signal_with_something_of_another_kind_is_the_strategys_error(desk: Desk, field: dict[str, object]) -> None:
    class Sloppy(Flip):
        def decide(self, frame: Frame, position: Position) -> Signal:
            return Signal(**{"side": Side.BUY, **field})  # type: ignore[arg-type]

    with pytest.raises(StrategyError, match=r"a signal's (side|size|reason) must be"):
        decide_candle(desk.database, desk.running(desk.claim("a"), Sloppy()), 3_000, PATIENT, PAPER, FREE, newest=True)


def test_a_strategy_that_raises_is_reported_with_its_traceback(desk: Desk) -> None:
    class Broken(Flip):
        def decide(self, frame: Frame, position: Position) -> Signal:
            return Signal(Side.BUY, D(1) / D(0))

    with pytest.raises(StrategyError, match=r"one failed:(.|\n)*DivisionByZero"):
        decide_candle(desk.database, desk.running(desk.claim("a"), Broken()), 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT count(*) FROM strategy_cursors") == [(0,)]


def test_a_decision_that_is_no_signal_is_refused(desk: Desk) -> None:
    class Talker(Flip):
        def decide(self, frame: Frame, position: Position) -> Signal:
            return "buy!"  # type: ignore[return-value]

    with pytest.raises(StrategyError, match="must return a Signal"):
        decide_candle(desk.database, desk.running(desk.claim("a"), Talker()), 3_000, PATIENT, PAPER, FREE, newest=True)


def test_a_lease_that_somebody_took_meanwhile_is_not_as_it_was_read(desk: Desk) -> None:
    read = desk.claim("a")
    with desk.database.read() as connection:
        assert ledger.is_unchanged(connection, read)
    desk.claim("b")
    with desk.database.read() as connection:
        assert not ledger.is_unchanged(connection, read)
