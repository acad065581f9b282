"""The check finds what would make a strategy trade otherwise than it was meant to."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from shared.config import StrategySettings
from shared.trading import Strategy
from trader.check import Finding, Report, check, walk
from trader.loading import known, load

HEAD = """
import itertools
import random

import numpy as np

from chandler import Frame, Position, Signal, Strategy, buy, hold, sell, target

CALLS = itertools.count()
SEEN = {}


class Mine(Strategy):
    WARM_UP = 5

    @property
    def warm_up(self):
        return self.WARM_UP

    def decide(self, frame, position):
        return buy(reason="new high") if frame.close[-1] >= frame.close.max() else sell(reason="no high")

"""


def checked(directory: Path, body: str, count: int = 100) -> Report:
    """The report on a strategy whose class has this body."""
    (directory / "mine.py").write_text(HEAD + indent(dedent(body), "    "))
    return check("mine", fresh("mine", directory), "BTC/USDT", lambda rows: walk(rows, 7, 60_000), count)


def fresh(name: str, directory: Path) -> Callable[[], Strategy]:
    wanted = StrategySettings(id=name, name=name, exchange="binance", symbol="BTC/USDT", timeframe="1m")
    return lambda: load(wanted, directory)


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def wrong(report: Report) -> set[str]:
    """The kinds of what is wrong."""
    assert not report.is_good
    return {finding.what for finding in report.findings if finding.is_wrong}


@pytest.mark.parametrize("name", list(known(Path("nowhere"))))
def test_nothing_is_wrong_with_a_shipped_strategy(name: str, tmp_path: Path) -> None:
    report = check(name, fresh(name, tmp_path), "BTC/USDT", lambda rows: walk(rows, 7, 60_000), 200)
    assert report.findings == ()
    assert report.is_good
    assert report.candles == 200
    assert 0 < report.median_ms <= report.longest_ms


def test_a_good_strategy_is_run_over_the_candles_and_its_trades_are_counted(tmp_path: Path) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: buy() if not position.is_open else sell()")
    assert (report.candles, report.warm_up, report.buys, report.sells) == (100, 5, 50, 50)


def test_a_target_counts_as_what_it_comes_to(tmp_path: Path) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: target('0.0' if position.is_open else 0.5)")
    assert (report.buys, report.sells, report.is_good) == (50, 50, True)


# --- What is decided ---------------------------------------------------------------------------------------------


def test_what_it_raises_is_told_with_the_line_that_raised(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        """
        def decide(self, frame, position):
            return buy(size=1 / (len(frame) - 5))
        """,
    )
    finding = only(report)
    assert finding.what == "raises"
    assert "mine.py" in finding.text
    assert "return buy(size=1 / (len(frame) - 5))" in finding.text
    assert "ZeroDivisionError" in finding.text


def test_leaving_the_process_is_an_error_like_any_other(tmp_path: Path) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: exit()")
    assert "SystemExit" in only(report).text


def test_what_is_no_signal_is_an_error(tmp_path: Path) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: 'buy'")
    assert "decided 'buy': decide() must return a Signal" in only(report).text


@pytest.mark.parametrize(
    ("signal", "why"),
    [
        ("buy(size=float('nan'))", "its size is NaN"),
        ("buy(size=2)", "its size is 2"),
        ("buy(limit=-1)", "its limit is -1"),
        ("buy(stop=frame.close[-1] * 1.1)", "is not below the price"),
        ("buy(take_profit=frame.close[-1] * 0.9)", "is not above the price"),
        ("target(1.5)", "its target is 1.5"),
        ("Signal(buy().side, symbol='DOGE/USDT')", "it is for DOGE/USDT, which is not configured"),
    ],
)
def test_a_signal_that_risk_would_refuse_as_nonsense_is_wrong(tmp_path: Path, signal: str, why: str) -> None:
    report = checked(tmp_path, f"decide = lambda self, frame, position: {signal}")
    assert wrong(report) == {"nonsense"}
    assert only(report).text.startswith("100 of 100 decisions would be refused, first at 1970-01-01 00:20:00: ")
    assert why in only(report).text


# --- Look-ahead --------------------------------------------------------------------------------------------------


def test_a_column_made_of_the_next_candle_is_look_ahead(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        """
        def indicators(self):
            return {"next": lambda frame: np.append(frame.close[1:], np.nan)}

        def decide(self, frame, position):
            return buy() if frame["next"][-1] > frame.close[-1] else sell()
        """,
    )
    assert wrong(report) == {"look-ahead"}
    column, decisions = report.findings
    assert column.text.startswith("the column 'next' changes once later candles exist")
    assert "decisions change when its columns are computed with later candles; first at" in decisions.text
    assert "sell/sell became buy/buy" in decisions.text


def test_a_centred_average_is_look_ahead(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        """
        def indicators(self):
            return {"smooth": lambda frame: np.convolve(frame.close, np.ones(5) / 5, "same")}

        def decide(self, frame, position):
            return buy() if frame["smooth"][-1] > frame.close[-1] else sell()
        """,
    )
    assert wrong(report) == {"look-ahead"}


def test_later_candles_kept_in_a_global_are_look_ahead(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        """
        def decide(self, frame, position):
            SEEN[frame.timestamps[-1]] = frame.close[-1]
            return buy() if SEEN.get(frame.timestamps[-1] + 60_000, 0) > frame.close[-1] else sell()
        """,
    )
    assert wrong(report) == {"look-ahead"}
    assert "it has seen later candles before: it keeps and uses them" in only(report).text


# --- State, chance ------------------------------------------------------------------------------------------------


def test_state_kept_in_the_instance_is_found(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        """
        count = 0

        def decide(self, frame, position):
            self.count += 1
            return buy() if self.count % 7 == 0 else hold()
        """,
    )
    assert wrong(report) == {"memory"}
    assert "it has not seen the candles before: it keeps state of its own" in only(report).text


def test_chance_is_found(tmp_path: Path) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: buy() if random.random() > 0.5 else hold()")
    assert wrong(report) == {"unsteady"}


def test_a_frame_can_not_be_written_to(tmp_path: Path) -> None:
    report = checked(
        tmp_path,
        """
        def decide(self, frame, position):
            frame.close[-1] = 0
            return hold()
        """,
    )
    assert "read-only" in only(report).text


def test_another_reason_for_the_same_decision_is_no_difference(tmp_path: Path) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: hold(reason=str(random.random()))")
    assert report.findings == ()


# --- Warm-up ------------------------------------------------------------------------------------------------------

AVERAGE = """
WARM_UP = {warm_up}

def indicators(self):
    return {{"slow": "ta:trend.ema_indicator:20"}}

def decide(self, frame, position):
    return buy() if frame.close[-1] > frame["slow"][-1] else sell()
"""


def test_a_column_without_a_value_after_the_warm_up_is_wrong(tmp_path: Path) -> None:
    report = checked(tmp_path, AVERAGE.format(warm_up=10))
    assert wrong(report) == {"warm-up"}
    assert "'slow' is off by a number where there was none after 10 candles" in report.findings[-1].text


def test_a_warm_up_that_changes_decisions_is_too_short(tmp_path: Path) -> None:
    report = checked(tmp_path, AVERAGE.format(warm_up=21), count=1000)
    assert wrong(report) == {"warm-up"}
    decisions, column = report.findings
    assert "when its columns are computed on more candles than its warm_up of 21" in decisions.text
    assert "the column 'slow' is off by 0.00" in column.text


def test_a_warm_up_that_suffices_is_silent(tmp_path: Path) -> None:
    assert checked(tmp_path, AVERAGE.format(warm_up=250), count=1000).findings == ()


def test_an_average_of_its_own_that_never_forgets_is_worth_a_word(tmp_path: Path) -> None:
    report = checked(
        tmp_path, "decide = lambda self, frame, position: buy() if frame.close[-1] > frame.close.mean() else sell()"
    )
    assert report.is_good
    assert only(report).what == "warm-up"
    assert "when it is shown twice as many candles" in only(report).text


def test_a_column_that_never_has_a_value_is_wrong(tmp_path: Path) -> None:
    report = checked(
        tmp_path, "indicators = lambda self: {'none': lambda frame: np.full(len(frame), np.nan)}\n" + "WARM_UP = 3"
    )
    assert "no value" in wrong(report)


def test_columns_of_one_length_only_are_an_error_though_the_trader_would_never_see_it(tmp_path: Path) -> None:
    report = checked(tmp_path, "indicators = lambda self: {'five': lambda frame: np.arange(5)}")
    assert wrong(report) == {"raises"}
    assert "when it is shown a longer history: columns of 120 candles" in only(report).text


def test_a_history_shorter_than_the_warm_up_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(HEAD)
    report = check("mine", fresh("mine", tmp_path), "BTC/USDT", lambda _: walk(3, 7, 60_000), 100)
    assert only(report).text == "3 are fewer than its warm_up of 5"


# --- Around it ----------------------------------------------------------------------------------------------------


def test_what_it_prints_is_kept_from_the_terminal_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = checked(tmp_path, "decide = lambda self, frame, position: print('deciding') or hold()")
    assert report.is_good
    assert only(report).what == "prints"
    assert "'deciding'" in only(report).text
    assert capsys.readouterr().out == ""


def test_what_can_not_be_loaded_is_a_finding(tmp_path: Path) -> None:
    assert only(check("mine", fresh("mine", tmp_path), "BTC/USDT", lambda rows: walk(rows, 7, 60_000), 9)).what == (
        "loading"
    )


def test_a_walk_is_the_same_for_the_same_seed_and_has_quiet_hours() -> None:
    one, again, other = (walk(1000, seed, 60_000) for seed in (7, 7, 8))
    assert (one.close == again.close).all()
    assert (one.close != other.close).any()
    assert (one.high >= one.close).all()
    assert (one.low <= one.open).all()
    assert one.volume.min() == 0
