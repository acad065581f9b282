"""A test over history trades as the trader would have, and never with what it could not have known."""

from decimal import Decimal as D

import numpy as np
import pytest

from shared.config import PaperSettings, RiskSettings
from shared.errors import StopError, StrategyError
from shared.market import Frame
from shared.trading import Position, Rows, Signal, State, Status, buy, hold, sell, target
from tests.unit.trader.backtest.example import BEGIN, BTC, MARKET, MINUTE, PLAIN, Told, fills, flat, history, traded
from trader.backtest.engine import run
from trader.backtest.spec import Backtest


def test_what_is_decided_at_a_close_is_filled_at_the_next_open() -> None:
    candles = [*flat(2), (101, 103, 101, 102), (102, 102, 102, 102), (104, 105, 104, 105)]
    outcome = traded(candles, {1: buy(), 3: sell()})
    assert fills(outcome) == [("entry", 101, 2), ("exit", 104, 4)]


def test_a_closed_trade_is_exact() -> None:
    (trade,) = traded([*flat(2), *flat(3, 110.0)], {0: buy(), 2: sell()}).trades
    assert trade.bought == trade.sold == D("9.890")  # 1 % stays behind, and the fee of 0.1 %: 990 / 100.1 = 9.8901
    assert (trade.cost, trade.proceeds) == (D("989.000"), D("1087.900"))
    assert trade.fees == D("0.989") + D("1.0879")
    assert trade.pnl == D("98.9") - D("2.0769")


def test_a_decision_on_the_last_candle_stays_an_order() -> None:
    outcome = traded(flat(3), {2: buy()})
    assert fills(outcome) == []
    assert [each.status for each in outcome.waiting] == [Status.NEW]


def test_a_stop_is_filled_at_its_price() -> None:
    candles = [*flat(2), (100, 100, 99, 99), (99, 99, 94, 98), *flat(2)]
    assert fills(traded(candles, {0: buy(stop=95)})) == [("entry", 100, 1), ("stop", 95, 3)]


def test_a_gap_through_the_stop_is_filled_at_the_open() -> None:
    candles = [*flat(2), (90, 97, 89, 96)]
    assert fills(traded(candles, {0: buy(stop=95)})) == [("entry", 100, 1), ("stop", 90, 2)]


def test_a_target_is_filled_at_its_price_and_a_gap_beyond_it_at_the_open() -> None:
    assert fills(traded([*flat(2), (100, 106, 100, 104)], {0: buy(take_profit=105)}))[1] == ("target", 105, 2)
    assert fills(traded([*flat(2), (107, 108, 107, 107)], {0: buy(take_profit=105)}))[1] == ("target", 107, 2)


def test_of_a_stop_and_a_target_in_one_candle_the_worse_is_assumed() -> None:
    candles = [*flat(2), (100, 110, 90, 109)]
    assert fills(traded(candles, {0: buy(stop=95, take_profit=105)})) == [("entry", 100, 1), ("stop", 95, 2)]


def test_a_stop_counts_from_the_candle_that_the_entry_is_filled_in() -> None:
    candles = [*flat(1), (100, 101, 94, 100)]
    assert fills(traded(candles, {0: buy(stop=95)})) == [("entry", 100, 1), ("stop", 95, 1)]


def test_a_limit_is_filled_when_the_price_has_passed_it_and_not_when_it_was_touched() -> None:
    candles = [*flat(1), (100, 100, 98, 99), (99, 99, 97.99, 99), *flat(1, 99.0)]
    assert fills(traded(candles, {0: buy(limit=98)})) == [("entry", 98, 2)]


def test_what_is_bought_on_the_way_down_is_stopped_on_the_way_down_and_not_sold_at_a_high_that_may_be_older() -> None:
    candles = [*flat(1), (100, 120, 97, 100), *flat(1)]
    bought = traded(candles, {0: buy(limit=98, take_profit=110)})
    assert fills(bought) == [("entry", 98, 1)]
    stopped = traded(candles, {0: buy(limit=98, stop="97.5")})
    assert fills(stopped) == [("entry", 98, 1), ("stop", 97.5, 1)]


def test_a_stop_takes_back_the_limit_at_which_the_position_was_to_be_sold() -> None:
    candles = [*flat(3), (100, 106, 94, 100), *flat(2)]
    outcome = traded(candles, {0: buy(stop=95), 1: sell(limit=105)})
    assert fills(outcome) == [("entry", 100, 1), ("stop", 95, 3)]
    assert outcome.waiting == ()


def test_an_entry_that_a_sale_took_back_is_gone_by_the_next_candle_however_the_price_jumps_later() -> None:
    jump = (97.0, 97.0, 96.0, 97.0)
    outcome = traded([*flat(5), jump, *flat(2, 97.0)], {0: buy(limit=98), 2: sell()})
    assert (fills(outcome), outcome.waiting) == ([], ())
    assert fills(traded([*flat(5), jump, *flat(2, 97.0)], {0: buy(limit=98)})) == [("entry", 98, 5)]


def test_a_limit_to_sell_is_filled_once_the_price_is_above_it() -> None:
    outcome = traded([*flat(3), (100, 105, 100, 100), (100, 105.01, 100, 100)], {0: buy(), 1: sell(limit=105)})
    assert fills(outcome) == [("entry", 100, 1), ("exit", 105, 4)]


def test_an_entry_that_no_candle_came_for_in_time_is_stale() -> None:
    before, after = history(flat(2)), history(flat(3), begin=BEGIN + 60 * MINUTE)
    outcome = run(Backtest("one", BTC, paper=PLAIN), Told({1: buy()}), [before, after], MARKET)
    assert (fills(outcome), outcome.waiting) == ([], ())


def test_an_order_takes_no_more_than_its_share_of_what_traded_and_goes_on_at_the_next_open() -> None:
    backtest = Backtest("one", BTC, cash=D(1_000), paper=PLAIN)
    outcome = run(backtest, Told({1: buy()}), history([*flat(3), *flat(2, 101.0), *flat(1)], volume=4.0), MARKET)
    got = [(float(each.fill.amount), float(each.fill.price)) for each in outcome.fills]
    assert got == [(4, 100), (4, 101), (1.89, 101)]


def test_slippage_and_fees_are_those_of_the_paper_broker() -> None:
    paper = PaperSettings(slippage=D("0.01"), fee=D("0.002"))
    (trade,) = traded(flat(5), {0: buy(), 2: sell()}, paper=paper).trades
    assert (trade.entry_price, trade.exit_price) == (D(101), D(99))
    assert trade.fees == (trade.cost + trade.proceeds) * D("0.002")


def test_a_limit_of_risk_cuts_or_refuses_as_it_does_live() -> None:
    limits, desk = RiskSettings(max_order=D(200)), RiskSettings(max_position=D(3))
    outcome = traded(flat(4), {0: buy(), 1: buy()}, limits=limits, desk=desk)
    assert [each.order.amount for each in outcome.fills] == [2, 1]
    assert outcome.signals[1].outcome == "ordered, cut from 7.910 to 1.000 by the desk's max_position 3"


def test_a_drawdown_beyond_its_limit_halts_for_good() -> None:
    candles = [*flat(2), *flat(3, 80.0), *flat(3)]
    outcome = traded(candles, {0: buy(), 3: sell(), 5: buy()}, limits=RiskSettings(max_drawdown=D("0.1")))
    assert fills(outcome) == [("entry", 100, 1), ("exit", 80, 4)]
    assert outcome.state.state is State.HALTED
    assert outcome.signals[-1].outcome.startswith("refused: halted by risk: max_drawdown")


def test_a_guard_pauses_entries_after_a_stop_as_it_does_live() -> None:
    candles = [*flat(2), (100, 100, 90, 100), *flat(10)]
    orders = {0: buy(stop=95), 5: buy(), 9: buy()}
    outcome = traded(candles, orders, limits=RiskSettings(cooldown_minutes=5))
    assert [(leg, at) for leg, _, at in fills(outcome)] == [("entry", 1), ("stop", 2), ("entry", 10)]


class FarSeeing(Told):
    """One with a long warm-up."""

    @property
    def warm_up(self) -> int:
        return 300


def test_on_a_market_that_trades_less_than_once_a_block_the_runs_of_hundreds_of_blocks_overlap() -> None:
    flat_out = history(flat(700))
    times = BEGIN + np.arange(700, dtype=np.int64) * 600 * MINUTE
    seldom = Frame(times, {name: flat_out[name] for name in ("open", "high", "low", "close", "volume")})
    outcome = run(Backtest("one", BTC, paper=PLAIN), FarSeeing({698 * 600: buy()}), seldom, MARKET)
    assert [each.candle for each in outcome.signals] == [times[698]]


def test_decisions_begin_at_the_start_but_have_their_warm_up_before_it() -> None:
    strategy = Told({1: buy(), 3: buy()})
    outcome = run(Backtest("one", BTC, start=BEGIN + 2 * MINUTE, paper=PLAIN), strategy, history(flat(6)), MARKET)
    assert [at for at, _ in strategy.asked] == [3]
    assert outcome.kept.candles == 4


def test_the_end_is_exclusive() -> None:
    outcome = run(Backtest("one", BTC, end=BEGIN + 2 * MINUTE, paper=PLAIN), Told({1: buy()}), history(flat(6)), MARKET)
    assert (fills(outcome), outcome.kept.candles) == ([], 2)


def test_nothing_is_decided_before_the_warm_up_is_there() -> None:
    class Slow(Told):
        warm_up = 4

    strategy = Slow({at: buy() for at in range(6)})
    run(Backtest("one", BTC, paper=PLAIN), strategy, history(flat(6)), MARKET)
    assert [at for at, _ in strategy.asked] == [3, 4, 5]


def test_a_strategy_sees_its_warm_up_and_nothing_that_can_be_written_to() -> None:
    class Curious(Told):
        warm_up = 3

        def decide(self, frame: Frame, position: Position) -> Signal:
            assert len(frame) == len(frame.close) == len(frame.last(5)["open"]) == 3
            frame.close[0] = 1.0
            return hold()

    with pytest.raises(StrategyError, match="read-only"):
        run(Backtest("one", BTC), Curious({4: buy()}), history(flat(6)), MARKET)


def test_candles_out_of_order_are_refused() -> None:
    with pytest.raises(StopError, match=f"the candle that opens at {BEGIN} ms comes twice"):
        run(Backtest("one", BTC), Told({}), [history(flat(2)), history(flat(2))], MARKET)


def test_rows_that_are_no_rows_are_named() -> None:
    class Wrong(Told):
        def entries(self, frame: Frame) -> Rows:
            return frame.close  # type: ignore[return-value]

    with pytest.raises(StrategyError, match=r"entries\(\) must return True or False for each of 3 rows, not float64"):
        run(Backtest("one", BTC), Wrong({}), history(flat(3)), MARKET)


def test_without_a_candle_nothing_happens() -> None:
    outcome = run(Backtest("one", BTC), Told({}), [], MARKET)
    assert (outcome.equity, outcome.trades, outcome.kept.candles) == (D(10_000), (), 0)


def test_equity_is_known_at_the_first_and_last_close_and_at_full_hours() -> None:
    candles = [*flat(2), *flat(200, 110.0)]
    curve = traded(candles, {0: buy()}).curve
    assert curve.equity[0] == 1_000
    assert curve.equity[-1] == D(1_000) + D("9.89") * 10 - D("0.989")
    hours = np.array(curve.edges_us[1:-1]) % 3_600_000_000
    assert not hours.any()
    assert len(hours) == 3


def test_the_drawdown_is_that_of_the_closes() -> None:
    candles = [*flat(2), (100, 100, 50, 80), *flat(2, 120.0), *flat(2, 60.0)]
    drawdown = traded(candles, {0: target("0.5")}).kept.drawdown
    assert drawdown.depth == pytest.approx(300 / 1100, rel=2e-3)
    assert (drawdown.peak_ms, drawdown.bottom_ms) == (BEGIN + 4 * MINUTE, BEGIN + 6 * MINUTE)


def test_behind_a_gap_that_was_never_fetched_nothing_is_decided_until_the_warm_up_is_there_again() -> None:
    class Slow(Told):
        warm_up = 3

    strategy = Slow({at: hold() for at in range(10)})
    run(Backtest("one", BTC), strategy, history(flat(10)), MARKET, breaks=[BEGIN + 5 * MINUTE])
    assert [at for at, _ in strategy.asked] == [2, 3, 4, 7, 8, 9]
