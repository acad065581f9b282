"""A strategy of backtrader's as one of ours."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from shared.errors import StrategyError
from shared.trading import Position, Side, Signal, Strategy
from tests.unit.trader.bt.theirs import BRACKET, CROSS, strategy, wanted
from trader.check.walk import walk
from trader.loading import load, needs
from trader.parameters import parameters_of

HISTORY = walk(2_200, seed=11, step=60_000)
HELD = Position(amount=D(2), cost=D(200))
ROWS = range(1_536, 1_610)


@pytest.fixture
def cross(tmp_path: Path) -> Strategy:
    return strategy(tmp_path, CROSS, size=3)


def decisions(own: Strategy) -> list[Signal]:
    """What it decides on a stretch of candles while it holds nothing."""
    return [own.decide(HISTORY.until(row + 1).last(own.warm_up), Position()) for row in ROWS]


def test_its_params_are_parameters_with_their_defaults(cross: Strategy, tmp_path: Path) -> None:
    told = [(each.name, each.kind, each.default) for each in parameters_of(type(cross))]
    assert told == [("fast", "int | float", 5), ("slow", "int | float", 20), ("size", "int | float", 2.0)]
    with pytest.raises(StrategyError, match="slwo is no parameter: there are fast, slow, size"):
        load(wanted(slwo=3), tmp_path)


def test_the_engine_must_be_named_for_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(CROSS)
    with pytest.raises(StrategyError, match=r'is a bt\.Strategy: it needs engine = "backtrader"'):
        load(wanted(engine="native"), tmp_path)
    ours = load(wanted().model_copy(update={"name": "ema_cross"}), tmp_path)  # to be tested inside backtrader
    assert type(ours).__name__ == "EmaCross"


def test_it_sees_as_many_candles_as_its_slowest_indicator_takes_to_forget_where_it_began(cross: Strategy) -> None:
    assert needs("one", cross).warm_up == 3 * 512  # 20 windows of 21 candles make a block of 512


def test_a_class_may_say_itself_how_many_candles_it_must_see(tmp_path: Path) -> None:
    own = strategy(tmp_path, CROSS.replace("    params", "    warm_up = 700\n    params"))
    assert own.warm_up == 3 * 1_024


def test_it_buys_on_the_candle_where_its_averages_cross_and_sells_where_they_cross_back(cross: Strategy) -> None:
    close = HISTORY.close
    for row in ROWS:
        now, before = (
            close[row - k - 4 : row - k + 1].mean() - close[row - k - 19 : row - k + 1].mean() for k in (0, 1)
        )
        frame = HISTORY.until(row + 1).last(cross.warm_up)
        flat, held = cross.decide(frame, Position()), cross.decide(frame, HELD)
        assert (flat.target is not None) == (before <= 0 < now)
        assert (held.side is Side.SELL) == (before >= 0 > now)


def test_a_buy_is_its_size_and_brings_stop_and_target_along(tmp_path: Path) -> None:
    bracket = strategy(tmp_path, BRACKET)
    row, signal = next(found for found in zip(ROWS, decisions(bracket), strict=True) if not found[1].is_hold)
    close = float(HISTORY.close[row])
    assert signal.target == pytest.approx(D(repr(2 * close / 10_000)), rel=D("1e-8"))
    assert (signal.stop, signal.take_profit) == (D(repr(close * 0.995)), D(repr(close * 1.01)))


def test_what_it_sees_of_its_cash_is_what_the_ledger_has_not_what_it_would_have_in_a_test(tmp_path: Path) -> None:
    """All of the cash after a loss of 4,000, half of it held."""
    own = strategy(
        tmp_path,
        "import backtrader as bt\nclass All(bt.Strategy):\n    def next(self):\n"
        "        self.buy(size=self.broker.getcash() / self.data.close[0])\n",
    )
    close = D(repr(float(HISTORY.close[1_599])))
    held = Position(amount=D(1), cost=D(100), realized_pnl=D(-4_000))
    signal = own.decide(HISTORY.until(1_600).last(own.warm_up), held)
    assert signal.target == 1
    assert f"of {10_000 - 4_000 - 100:.2f}" in signal.reason
    assert f"{(10_000 - 4_000 - 100) / close * close:.2f} of" in signal.reason


def test_every_process_decides_the_same_whenever_it_began(tmp_path: Path, cross: Strategy) -> None:
    """One that has decided on all candles, one that starts at this one, and one that was shown a longer history."""
    for row in (1_540, 1_541, 1_600):
        frame = HISTORY.until(row + 1)
        warm = cross.decide(frame.last(cross.warm_up), Position())
        cold = strategy(tmp_path, CROSS, size=3).decide(frame.last(cross.warm_up), Position())
        assert warm == cold == cross.decide(frame, Position())


def test_what_it_prints_on_the_way_is_not_told(cross: Strategy, capsys: pytest.CaptureFixture[str]) -> None:
    cross.decide(HISTORY.until(1_600).last(cross.warm_up), Position())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("instead", "why"),
    [
        ("self.order = self.sell()", "only long positions are opened"),
        ("self.order = self.buy(exectype=bt.Order.StopTrail, trailamount=1)", "StopTrail can't be traded"),
        ("self.order = self.buy(exectype=bt.Order.Stop, price=1e9)", "entry at a stop price"),
        ("self.buy(); self.buy()", "two entries"),
    ],
)
def test_what_a_trader_can_t_do_ends_in_an_error_that_says_so(tmp_path: Path, instead: str, why: str) -> None:
    own = strategy(tmp_path, CROSS.replace("self.order = self.buy(size=self.p.size)", instead))
    with pytest.raises(StrategyError, match=why):
        decisions(own)


def test_a_file_with_two_of_them_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match="exactly one Strategy class, it has Cross, Other"):
        strategy(tmp_path, CROSS + "\n\nclass Other(Cross):\n    pass\n")


def test_a_mistake_in_its_own_code_is_told_with_its_name(tmp_path: Path) -> None:
    broken = strategy(tmp_path, CROSS.replace("bt.ind.CrossOver", "bt.ind.Nonsense"))
    with pytest.raises(StrategyError, match=r"AttributeError: .*Nonsense"):
        needs("one", broken)


def test_one_that_skips_itself_says_so(tmp_path: Path) -> None:
    skips = strategy(
        tmp_path, CROSS.replace("self.order = None\n        self.b", "raise bt.StrategySkipError\n        self.b")
    )
    with pytest.raises(StrategyError, match="skipped itself"):
        needs("one", skips)
