"""The check of one strategy on one history."""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from statistics import median

from shared.errors import StrategyError
from shared.market import Frame
from trader.check.asking import Asking, Views
from trader.check.compare import round_trips
from trader.check.report import Finding, Report, failed
from trader.check.trial import Fresh, Trial
from trader.loading import Needs, needs

#: So many warm-ups a history should reach back before the first candle that is decided on.
ROOM = 4


def check(strategy_id: str, fresh: Fresh, symbol: str, candles: Callable[[int], Frame], count: int) -> Report:
    """Dry-run what `fresh` loads over the newest `count` candles of a history, in every way that must not matter.

    `candles` gives a history of as many candles as it is asked for, or what there is. What the strategy raises or
    prints becomes a finding.
    """
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            asked = needs(strategy_id, fresh())
        except StrategyError as error:
            return failed(Finding("loading", str(error)))
        report = _tried(fresh, symbol, asked, _frozen(candles(ROOM * asked.warm_up + count)), count)
    if text := printed.getvalue().strip():
        said = Finding("prints", f"{len(text):,} characters, first {text.splitlines()[0][:80]!r}", is_wrong=False)
        return replace(report, findings=(*report.findings, said))
    return report


def _tried(fresh: Fresh, symbol: str, asked: Needs, history: Frame, count: int) -> Report:
    """Once as a trader does it, and if that goes well, in every other way."""
    rows = range(max(asked.warm_up - 1, len(history) - count), len(history))
    if not rows:
        return failed(
            Finding("candles", f"{len(history)} are fewer than its warm_up of {asked.warm_up}"), asked.warm_up
        )
    views, asking = Views(history, asked), Asking(fresh())
    try:
        live = asking.all(views.live, rows)
    except StrategyError as error:
        return failed(Finding("raises", str(error)), asked.warm_up)
    buys, sells = round_trips(live)
    milliseconds = [seconds * 1000 for seconds in asking.seconds]
    findings = tuple(Trial(fresh, symbol, views, live).findings())
    return Report(len(rows), asked.warm_up, buys, sells, median(milliseconds), max(milliseconds), findings)


def _frozen(history: Frame) -> Frame:
    """Nothing a strategy does to its frame may reach the next one."""
    for name in ("open", "high", "low", "close", "volume"):
        history[name].flags.writeable = False
    return history
