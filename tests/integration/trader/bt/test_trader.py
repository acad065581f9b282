"""A strategy of backtrader's at work: the trader's cycle, its risk and its ledger."""

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import candles
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings
from shared.errors import StrategyError
from shared.market import Candle, Interval
from tests.integration.trader.desk import PATIENT, Desk, open_desk
from tests.unit.trader.bt.theirs import strategy
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.running import Running
from trader.tending import tend_orders, watch_position

PAPER = PaperBroker(PaperSettings(slippage=D(0), fee=D("0.001")))
FREE = RiskSettings()
#: As many candles as it must see; one more with each price that is told to come.
RUN_IN = 3 * 256

#: Buys above 110 with a stop and a target, sells below 90; reads a line of backtrader's, remembers an order.
LEVELS = """
import backtrader as bt

class Levels(bt.Strategy):
    params = (("size", 5.0),)

    def __init__(self):
        self.mean = bt.ind.SMA(period=1)
        self.order = None

    def next(self):
        if not self.position and self.mean[0] > 110:
            close = self.data.close[0]
            self.buy_bracket(size=self.p.size, exectype=bt.Order.Market, stopprice=close - 20, limitprice=close + 50)
        elif self.position and self.mean[0] < 90:
            self.close()
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([second * 1_000 for second in range(RUN_IN)])
    yield opened
    opened.database.close()


@pytest.fixture
def running(desk: Desk, tmp_path: Path) -> Running:
    return desk.running(desk.claim("a"), strategy(tmp_path, LEVELS))


def close_at(desk: Desk, second: int, price: float) -> int:
    """One candle more."""
    at = second * 1_000
    with desk.database.write() as connection:
        row = Candle(at, price, price, price, price, 1.0)
        candles.store_page(connection, desk.settings.series, [row], Interval(at, at + 1_000), now_us=now_us())
    return at


def buy_at(desk: Desk, running: Running, second: int, price: int) -> None:
    """A candle on which it buys, and the ticker that fills the order."""
    candle = close_at(desk, second, price)
    for _ in range(2):
        desk.tick(f"{price - 0.01:.2f}", f"{price + 0.01:.2f}")
        decide_candle(desk.database, running, candle, PATIENT, PAPER, FREE, newest=True)
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)


def test_its_order_becomes_a_signal_an_order_intent_a_trade_and_a_position(desk: Desk, running: Running) -> None:
    buy_at(desk, running, RUN_IN, 120)
    candle = RUN_IN * 1_000
    assert desk.rows("SELECT candle, side, outcome FROM signals") == [(candle, "buy", "ordered")]
    assert desk.rows("SELECT candle, side, amount, leg FROM orders") == [(candle, "buy", "5", "entry")]
    assert desk.rows("SELECT amount FROM positions") == [("5",)]
    assert desk.rows("SELECT stop_price, take_profit FROM protections") == [("100", "170")]


def test_it_sees_the_ledger_s_position_and_not_what_it_would_have_in_a_test(desk: Desk, running: Running) -> None:
    """On the way it has bought; the ledger never did, so there is nothing to sell when it falls."""
    close_at(desk, RUN_IN, 120)
    close_at(desk, RUN_IN + 1, 121)
    candle = close_at(desk, RUN_IN + 2, 80)
    desk.tick("79.99", "80.01")
    signal = decide_candle(desk.database, running, candle, PATIENT, PAPER, FREE, newest=True)
    assert signal is not None
    assert signal.is_hold


def test_what_it_bought_it_sells_also_after_a_restart(desk: Desk, running: Running, tmp_path: Path) -> None:
    buy_at(desk, running, RUN_IN, 120)

    restarted = desk.running(desk.claim("b"), strategy(tmp_path, LEVELS))
    candle = close_at(desk, RUN_IN + 1, 89)
    desk.tick("101", "101.02")
    decide_candle(desk.database, restarted, candle, PATIENT, PAPER, RiskSettings(price_band=None), newest=True)
    assert desk.rows("SELECT side, outcome FROM signals ORDER BY candle") == [("buy", "ordered"), ("sell", "ordered")]
    desk.tick("101", "101.02")
    tend_orders(desk.database, restarted, PATIENT, PAPER, FREE)
    assert desk.rows("SELECT amount FROM positions") == [("0",)]


def test_its_stop_is_the_trader_s_to_watch(desk: Desk, running: Running) -> None:
    buy_at(desk, running, RUN_IN, 120)
    desk.tick("99.99", "100.01")
    order = watch_position(desk.database, running, PAPER, FREE)
    assert order is not None
    assert (order.leg, order.amount) == ("stop", D(5))


def test_an_order_beyond_its_cash_is_refused_and_says_why(desk: Desk, tmp_path: Path) -> None:
    greedy = desk.running(desk.claim("a"), strategy(tmp_path, LEVELS, size=1_000.0))
    candle = close_at(desk, RUN_IN, 120)
    desk.tick("119.99", "120.01")
    decide_candle(desk.database, greedy, candle, PATIENT, PAPER, FREE, newest=True)
    ((side, outcome, reason),) = desk.rows("SELECT side, outcome, reason FROM signals")
    assert (side, reason) == ("buy", "backtrader: buy 1000, 120000.00 of 10000.00")
    assert str(outcome).startswith("refused: its target is 12")


def test_what_can_t_be_traded_is_an_error_that_halts_it(desk: Desk, tmp_path: Path) -> None:
    trailing = LEVELS.replace("self.close()", "self.sell(exectype=bt.Order.StopTrail, trailamount=1)")
    bought = desk.running(desk.claim("a"), strategy(tmp_path, trailing))
    buy_at(desk, bought, RUN_IN, 120)
    candle = close_at(desk, RUN_IN + 1, 89)
    with pytest.raises(StrategyError, match="StopTrail can't be traded"):
        decide_candle(desk.database, bought, candle, PATIENT, PAPER, FREE, newest=True)
