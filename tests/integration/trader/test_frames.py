"""What strategies are shown comes of the candles alone: not of when a process began, nor of what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import candles
from shared.candles.revisions import Change, revise
from shared.database import Database, open_database
from shared.indicators import indicator, with_indicators
from shared.indicators.anchor import anchor, block
from shared.market import Candle, Frame, Indicator, Interval, Series
from trader.frames import Frames

MINUTE = 60_000
BTC = Series("binance", "BTC/USDT", "1m")
#: Far enough from 1970 that blocks of any length lie before.
START = 28_000_000 * MINUTE
INDICATORS: dict[str, Indicator] = {
    "rsi": indicator("rsi:14"),
    "slow": indicator("ema:26"),
    "signal": indicator("macd.signal:12,26,9"),
    "own": lambda frame: np.cumsum(frame.close) / np.arange(1, len(frame) + 1),
}


def candle(minute: int, chance: int) -> Candle:
    """A candle like no other."""
    close = 100 + np.sin(minute / 7) + (minute * 37 + chance) % 11 / 7
    return Candle(START + minute * MINUTE, close, close + 1, close - 1, close + 0.5, 1.0 + minute % 5)


def store(database: Database, minutes: range, quiet: frozenset[int] = frozenset(), chance: int = 0) -> None:
    """The candles of these minutes, but for the quiet ones: they are covered all the same."""
    rows = [candle(minute, chance) for minute in minutes if minute not in quiet]
    covered = Interval(START + minutes[0] * MINUTE, START + (minutes[-1] + 1) * MINUTE)
    with database.write() as connection:
        candles.store_page(connection, BTC, rows, covered, now_us=0)


def seen(database: Database, frames: Frames, minute: int, warm_up: int) -> Frame | None:
    """What a strategy sees at the close of a minute's candle."""
    with database.read() as connection:
        shown = frames.shown(connection, BTC, START + minute * MINUTE, warm_up)
    return None if shown is None else shown.frame(INDICATORS)


def same(one: Frame | None, other: Frame | None) -> bool:
    """To the last bit, NaN where NaN is."""
    if one is None or other is None:
        return one is other
    names = ("open", "high", "low", "close", "volume", *INDICATORS)
    return one.timestamps.tobytes() == other.timestamps.tobytes() and all(
        one[name].tobytes() == other[name].tobytes() for name in names
    )


def reckoned(database: Database, minute: int, warm_up: int) -> Frame | None:
    """The same from the whole history, as the anchor is defined."""
    at = START + minute * MINUTE
    with database.read() as connection:
        whole = candles.unbroken_frame(connection, BTC, at, 10**6)
    if len(whole) < warm_up:
        return None
    begin = anchor(whole.timestamps, len(whole) - 1, block(BTC.step, warm_up), warm_up)
    return with_indicators(whole.last(len(whole) - begin), INDICATORS).last(warm_up)


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    """A copy of an empty database: hypothesis asks for many."""
    with TemporaryDirectory() as name:
        path = Path(name) / "trading.db"
        path.write_bytes(file.read_bytes())
        database = open_database(f"sqlite:///{path}", "normal")
        try:
            yield database
        finally:
            database.close()


#: What may happen between two looks: candles close, one comes late, one is revised or withdrawn, older history comes.
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("close"), st.integers(1, 90)),
        st.tuples(st.just("skip"), st.integers(1, 400)),
        st.tuples(st.just("late"), st.integers(0, 10**6)),
        st.tuples(st.just("revise"), st.integers(0, 10**6)),
        st.tuples(st.just("withdraw"), st.integers(0, 10**6)),
        st.tuples(st.just("older"), st.integers(1, 300)),
        st.tuples(st.just("back"), st.integers(1, 600)),
    ),
    min_size=1,
    max_size=14,
)


class History:
    """A series in the making."""

    def __init__(self, database: Database, quiet: frozenset[int]) -> None:
        self.database, self.quiet = database, quiet
        self.first, self.newest = 0, 700
        store(database, range(self.newest + 1), quiet)

    def happen(self, what: str, number: int) -> None:
        """One event."""
        if what == "close":
            store(self.database, range(self.newest + 1, self.newest + number + 1), self.quiet)
            self.newest += number
        elif what == "skip":  # a gap of coverage, and candles behind it
            store(self.database, range(self.newest + number + 1, self.newest + number + 3))
            self.newest += number + 2
        elif what == "older":
            store(self.database, range(self.first - number, self.first), self.quiet)
            self.first -= number
        elif what != "back":
            self._change(what, self.newest - number % 800)

    def _change(self, what: str, minute: int) -> None:
        at = START + minute * MINUTE
        with self.database.write() as connection:
            found = candles.frame(connection, BTC, at, 1, at)
            if what == "late":
                candles.store_page(connection, BTC, [candle(minute, 0)], Interval(at, at + MINUTE), now_us=0)
            elif len(found):
                old = Candle(at, *(float(found[name][0]) for name in ("open", "high", "low", "close", "volume")))
                new = None if what == "withdraw" else old._replace(volume=old.volume + 1, close=old.close - 0.25)
                revise(connection, BTC, [Change(old, new)], "verify", 0)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(EVENTS, st.frozensets(st.integers(0, 2_000), max_size=400), st.sampled_from([(2, 30), (30, 280), (300, 300)]))
def test_whatever_happens_to_a_series_a_process_that_runs_and_one_that_starts_show_the_same(
    migrated_file: Path, events: list[tuple[str, int]], quiet: frozenset[int], warm_ups: tuple[int, int]
) -> None:
    with opened(migrated_file) as database:
        history, running = History(database, quiet), Frames()
        for what, number in events:
            history.happen(what, number)
            minute = history.newest - (number if what == "back" else 0)
            for warm_up in warm_ups:
                shown = seen(database, running, minute, warm_up)
                assert same(shown, seen(database, Frames(), minute, warm_up))
                assert same(shown, reckoned(database, minute, warm_up))


def test_candle_by_candle_over_blocks_nothing_differs_from_a_cold_start(database: Database) -> None:
    store(database, range(600))
    running = Frames()
    for minute in range(600, 900):
        store(database, range(minute, minute + 1))
        shown = seen(database, running, minute, 100)
        if minute % 23 == 0 or (START // MINUTE + minute) % 256 < 2:
            assert same(shown, seen(database, Frames(), minute, 100))


def test_who_joins_later_and_looks_further_back_is_shown_the_same_while_old_rows_are_let_go(database: Database) -> None:
    quiet = frozenset(range(1_792, 1_904))  # so its run begins a block further back
    store(database, range(1_501))
    running = Frames()
    for minute in range(1_501, 2_650):
        store(database, range(minute, minute + 1), quiet)
        if minute >= 2_600:
            assert same(seen(database, running, minute, 500), reckoned(database, minute, 500))
        assert seen(database, running, minute, 30) is not None


def test_a_revised_candle_changes_what_is_shown_and_so_does_one_that_came_late(database: Database) -> None:
    store(database, range(600), frozenset({590}))
    frames = Frames()
    before = seen(database, frames, 599, 30)
    history = History.__new__(History)
    history.database, history.newest = database, 599
    history.happen("revise", 3)
    revised = seen(database, frames, 599, 30)
    history.happen("late", 9)
    later = seen(database, frames, 599, 30)
    assert before is not None
    assert revised is not None
    assert later is not None
    assert before.close[-4] - revised.close[-4] == 0.25
    assert before["rsi"][-1] != revised["rsi"][-1]
    assert START + 590 * MINUTE in later.timestamps
    assert START + 590 * MINUTE not in revised.timestamps


def test_what_is_revised_while_older_candles_are_made_up_for_is_noticed(database: Database) -> None:
    store(database, range(2_000))
    frames = Frames()
    for minute in (1_999, 1_400):  # the older one reaches further back than what was read for the newer
        assert same(seen(database, frames, minute, 30), reckoned(database, minute, 30))
    history = History.__new__(History)
    history.database, history.newest = database, 1_999
    history.happen("revise", 9)
    assert same(seen(database, frames, 1_999, 30), reckoned(database, 1_999, 30))


def test_too_few_candles_without_a_gap_show_nothing(database: Database) -> None:
    store(database, range(50))
    store(database, range(60, 80))
    frames = Frames()
    assert seen(database, frames, 79, 30) is None
    assert seen(database, frames, 55, 10) is None
    assert seen(database, frames, 49, 30) is not None
    store(database, range(50, 60))
    assert seen(database, frames, 79, 30) is not None


@pytest.mark.parametrize("name", ["close", "rsi", "own", "timestamps"])
def test_nobody_writes_to_what_others_see(database: Database, name: str) -> None:
    store(database, range(600))
    frame = seen(database, Frames(), 599, 30)
    assert frame is not None
    column = frame.timestamps if name == "timestamps" else frame[name]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 0
