"""Orders on paper, on a real database: across restarts, steps of the clock, and in pieces."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import candles
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings
from shared.database import open_database
from shared.market import Frame
from shared.trading import Position, Side, Signal, Status, buy
from tests.integration.trader.desk import PATIENT, Desk, Flip, open_desk
from tests.integration.trader.paper_floor import SPOT, Floor, open_floor
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.tending import tend_orders

ROOT = Path(__file__).parents[3]
FREE = RiskSettings()
Open = Callable[..., Floor]


@pytest.fixture
def open_one(tmp_path: Path) -> Iterator[Open]:
    opened: list[Floor] = []

    def make(**paper: object) -> Floor:
        opened.append(open_floor(tmp_path, **paper))  # type: ignore[arg-type]
        return opened[-1]

    yield make
    for each in opened:
        each.desk.database.close()


def test_an_order_meets_the_first_ticker_after_its_decision_and_latency(open_one: Open) -> None:
    floor = open_one(latency_ms=500)
    floor.place(Side.BUY, "1", at=10)
    floor.tick(10, "99", "99.5")
    floor.tick(10.5, "100", "100.5")
    assert floor.look(11) == "new"
    floor.tick(10.6, "101", "101.5")
    floor.tick(10.7, "102", "102.5")
    assert floor.look(11) == "filled"
    assert floor.trades() == [("1", "101.5", "taker")]


def test_a_fill_carries_the_time_of_its_ticker_however_late_it_is_looked_at(open_one: Open) -> None:
    floor = open_one()
    floor.place(Side.BUY, "1", at=10)
    floor.tick(11, "99", "100")
    floor.look(5_000)
    assert floor.desk.rows("SELECT executed_at_us FROM trades") == [(11_000_000,)]


def test_a_limit_rests_and_is_filled_by_a_ticker_that_came_while_nobody_ran(open_one: Open) -> None:
    floor = open_one()
    floor.place(Side.BUY, "1", at=10, limit="98")
    floor.tick(11, "99", "100")
    assert floor.look(12) == "open"
    floor.tick(20, "97", "97.5")
    floor.tick(30, "110", "111")
    again = open_database(f"sqlite:///{floor.desk.path}")
    floor.broker = PaperBroker(PaperSettings(slippage=D(0)))
    floor.desk = Desk(again, floor.desk.path, floor.desk.settings)
    assert floor.look(40) == "filled"
    assert floor.trades() == [("1", "98", "maker")]
    again.close()


def test_a_large_order_is_filled_in_pieces_as_the_market_trades(open_one: Open) -> None:
    floor = open_one(volume_share="0.5")
    floor.volumes([4, 2, 8])
    floor.place(Side.BUY, "5", at=61)
    floor.tick(62, "99", "100")
    assert floor.look(63) == "partially_filled"
    floor.tick(100, "99", "101")
    assert floor.look(101) == "partially_filled"
    floor.tick(125, "99", "102")
    assert floor.look(126) == "partially_filled"
    floor.tick(186, "99", "103")
    assert floor.look(187) == "filled"
    assert floor.trades() == [("2", "100", "taker"), ("1", "102", "taker"), ("2", "103", "taker")]
    assert [row[0] for row in floor.desk.rows("SELECT status FROM order_events ORDER BY event_id")] == [
        "new",
        "partially_filled",
        "partially_filled",
        "filled",
    ]


def test_a_look_repeated_after_a_crash_gives_the_same_fills_and_books_them_once(open_one: Open) -> None:
    floor = open_one(volume_share="0.5")
    floor.volumes([4])
    floor.place(Side.BUY, "5", at=61)
    floor.tick(62, "99", "100")
    first, again = floor.see(63), floor.see(64)
    assert first is not None
    assert first == again
    assert [fill.trade_id.rpartition("-")[2] for fill in first.fills] == ["1"]
    assert floor.look(65) == "partially_filled"
    assert floor.see(66) is None
    assert len(floor.trades()) == 1


def test_an_order_that_somebody_has_moved_since_it_was_read_is_left_alone(open_one: Open) -> None:
    floor = open_one(volume_share="0.5")
    floor.volumes([4])
    floor.place(Side.BUY, "5", at=61)
    floor.tick(62, "99", "100")
    floor.look(63)
    with floor.desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET filled = '1.5'")
    floor.tick(125, "99", "100")
    assert floor.see(126) is None


def test_what_comes_too_late_for_an_entry_does_not_count(open_one: Open) -> None:
    floor = open_one()
    floor.place(Side.BUY, "1", at=10)
    floor.tick(30, "99", "100")
    assert floor.see(31, until_us=20_000_000) is None
    assert floor.see(31, until_us=30_000_000) is not None


def test_a_clock_that_was_set_back_after_the_decision_holds_an_order_up_for_one_look(open_one: Open) -> None:
    floor = open_one()
    floor.tick(99, "99", "100")
    floor.place(Side.SELL, "1", at=3_600, limit="90")
    floor.tick(50, "95", "96", exchange_at=3_601)
    assert floor.look(51) == "new"
    assert floor.see(52) is None  # what came before that look is not met any more
    floor.tick(53, "94", "95", exchange_at=3_603)
    found = floor.see(54)
    assert found is not None
    assert found.reason.startswith("insufficient holding")


def test_a_clock_that_was_set_back_before_the_decision_lets_no_older_ticker_fill_it(open_one: Open) -> None:
    floor = open_one()
    floor.tick(55, "10", "11", exchange_at=155)
    floor.tick(60, "10", "11", exchange_at=160)
    floor.place(Side.BUY, "1", at=50)
    assert floor.look(56) == "new"
    floor.tick(57, "99", "100", exchange_at=207)
    assert floor.look(70) == "filled"
    assert floor.trades() == [("1", "100", "taker")]


def test_a_fee_from_what_was_bought_leaves_what_can_be_sold_and_dust_that_does_not_count(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    desk.close_candles([1_000, 2_000, 3_000], price=97.0)
    with desk.database.write() as connection:
        candles.save_markets(connection, [SPOT], now_us())
    paper, running = PaperBroker(PaperSettings(slippage=D(0))), desk.running(desk.claim("a"))
    for candle in (1_000, 2_000, 3_000):
        decide_candle(desk.database, running, candle, PATIENT, paper, FREE, newest=True)
        desk.tick("97.00", "97.00")
        tend_orders(desk.database, running, PATIENT, paper, FREE)
    assert desk.rows("SELECT side, outcome FROM signals ORDER BY candle") == [
        ("buy", "ordered"),
        ("sell", "ordered"),
        ("buy", "ordered"),
    ]
    (bought, fee), (sold, _), _ = [
        (D(str(amount)), D(str(paid))) for amount, paid in desk.rows("SELECT amount, fee FROM trades ORDER BY sequence")
    ]
    assert fee == bought * D("0.001")
    assert 0 < bought - fee - sold < SPOT.amount_step
    assert desk.rows("SELECT fee_asset FROM trades ORDER BY sequence") == [("BTC",), ("USDT",), ("BTC",)]
    assert desk.rows("SELECT status FROM orders ORDER BY candle") == [("filled",)] * 3
    desk.database.close()


class Patient(Flip):
    """Waits for a better price than there is."""

    def decide(self, frame: Frame, position: Position) -> Signal:
        return buy(limit=D(99))


def test_a_fill_that_came_before_an_entry_was_taken_back_is_booked(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    desk.close_candles([1_000])
    running, paper = desk.running(desk.claim("a"), Patient()), PaperBroker(PaperSettings(slippage=D(0)))
    decide_candle(desk.database, running, 1_000, PATIENT, paper, FREE, newest=True)
    desk.tick("100.00", "100.02")
    tend_orders(desk.database, running, PATIENT, paper, FREE)
    assert desk.rows("SELECT status FROM orders") == [("open",)]
    desk.tick("90.00", "98.00")
    with desk.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO trading_states (scope, state, source, reason, updated_at_us)"
            " VALUES ('*', 'halted', 'operator', 'storm', 1)"
        )
    tend_orders(desk.database, running, PATIENT, paper, FREE)
    assert desk.rows("SELECT status FROM orders") == [("filled",)]
    assert desk.rows("SELECT price, liquidity FROM trades") == [("99", "maker")]
    desk.database.close()


@pytest.mark.parametrize(
    ("side", "amount", "reason"),
    [
        (Side.BUY, "0.000011", "lot size"),
        (Side.BUY, "0.01", "notional"),
        (Side.BUY, "100", "insufficient funds"),
        (Side.SELL, "1", "insufficient holding"),
    ],
)
def test_what_an_exchange_would_refuse_is_rejected_and_books_stay_as_they_are(
    open_one: Open, side: Side, amount: str, reason: str
) -> None:
    floor = open_one(fee="0.001")
    before = floor.books()
    floor.place(side, amount, at=10)
    floor.tick(11, "99.99", "100.01")
    assert floor.look(12) == Status.REJECTED
    assert floor.reason().startswith(reason)
    assert floor.books() == before


def test_paper_without_order_books_never_loads_ccxt(tmp_path: Path) -> None:
    program = """
import sys
from decimal import Decimal as D
from pathlib import Path
from shared.trading import Side
from tests.integration.trader.paper_floor import open_floor
import trader.main
floor = open_floor(Path(sys.argv[1]))
floor.place(Side.BUY, "1", at=10)
floor.tick(11, "99", "100")
print(floor.look(12), "ccxt" in sys.modules)
floor.broker.close()
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.stdout.split() == ["filled", "False"], told.stderr
