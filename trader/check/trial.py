"""What is wrong with a strategy, told from what should not change and does."""

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isinf

import numpy as np

from shared.errors import StrategyError
from shared.trading import Signal, Strategy
from trader.check.asking import Asking, Decision, View, Views
from trader.check.compare import Decisions, Drift, acts, differing, drifts, nonsense_of
from trader.check.report import Finding

#: Loads the strategy anew.
Fresh = Callable[[], Strategy]

#: So many candles are looked at where all would take too long.
_SAMPLE = 40
#: And so many where the columns are computed anew on the whole history before each.
_LONG_SAMPLE = 1_000
#: A column this far off, as a share of its largest value, is worth a word though no decision changed.
_FAR_OFF = 1e-6


@dataclass(frozen=True)
class Trial:
    """`live` is what was decided when everything was as it is with a trader."""

    fresh: Fresh
    symbol: str
    views: Views
    live: Decisions

    def findings(self) -> Iterator[Finding]:
        """All of them; what can't be told apart from an earlier one is not asked for."""
        yield from self._nonsense()
        unsteady = next(self._unsteady(), None)
        try:
            yield from self._peeking_columns()
            if unsteady:
                yield unsteady
                return
            rows = self._sample(list(self.live), _LONG_SAMPLE)
            long, hindsight = self._ask(self.views.long, rows), self._ask(self.views.hindsight(), rows)
            yield from self._differing("look-ahead", "its columns are computed with later candles", long, hindsight)
            yield from self._warm_up(long)
        except StrategyError as error:
            yield Finding("raises", f"when it is shown a longer history: {error}")

    def _nonsense(self) -> Iterator[Finding]:
        found = nonsense_of(self.live, self.views.history, self.symbol)
        if found:
            row, why = next(iter(found.items()))
            yield Finding("nonsense", f"{self._share(found)} would be refused, first {self._time(row)}: {why}")

    def _unsteady(self) -> Iterator[Finding]:
        """Whether the same candle gives the same decision, whatever else was or will be seen."""
        ways: tuple[tuple[str, str, Callable[[], Decisions]], ...] = (
            ("unsteady", "it is asked once more: chance, the clock or a file has a say", self._again),
            ("memory", "it has not seen the candles before: it keeps state of its own", self._alone),
            ("look-ahead", "it has seen later candles before: it keeps and uses them", self._backwards),
        )
        for what, when, asked in ways:
            try:
                yield from self._differing(what, when, self.live, asked())
            except StrategyError as error:
                yield Finding(what, f"it raises when {when}; {error}")

    def _again(self) -> Decisions:
        return self._ask(self.views.live, self.live)

    def _alone(self) -> Decisions:
        acting = [row for row, decision in self.live.items() if any(map(acts, decision))]
        rows = {*self._sample(acting), *self._sample(list(self.live))}
        return {row: Asking(self.fresh()).one(self.views.live, row) for row in sorted(rows)}

    def _backwards(self) -> Decisions:
        return self._ask(self.views.live, reversed(list(self.live)))

    def _peeking_columns(self) -> Iterator[Finding]:
        whole = self.views.hindsight()(len(self.views.history) - 1)
        for name in self.views.needs.indicators:
            if np.isnan(whole[name]).all():
                yield Finding("no value", f"the column {name!r} has no value on any of {len(whole):,} candles")
        for drift in self._drifts(self.views.long, self.views.hindsight()):
            text = f"the column {drift.name!r} changes once later candles exist, by {_size(drift)}"
            yield Finding("look-ahead", f"{text} {self._time(drift.row)}")

    def _warm_up(self, long: Decisions) -> Iterator[Finding]:
        """Whether more candles before would have changed anything."""
        warm_up = self.views.needs.warm_up
        when = f"its columns are computed on more candles than its warm_up of {warm_up:,}"
        wrong = list(self._differing("warm-up", when, self.live, long))
        yield from wrong
        for drift in self._drifts(self.views.live, self.views.long):
            text = f"the column {drift.name!r} is off by {_size(drift)} after {warm_up:,} candles"
            if isinf(drift.share) or drift.share > _FAR_OFF:
                yield Finding("warm-up", f"{text} {self._time(drift.row)}", is_wrong=bool(wrong) or isinf(drift.share))
        when = "it is shown twice as many candles: fine if it means to look at all that it is given"
        if not wrong:
            twice = self._ask(self.views.twice, self.live)
            yield from self._differing("warm-up", when, self.live, twice, is_wrong=False)

    def _ask(self, view: View, rows: Iterable[int]) -> Decisions:
        return Asking(self.fresh()).all(view, rows)

    def _differing(
        self, what: str, when: str, one: Decisions, other: Decisions, *, is_wrong: bool = True
    ) -> Iterator[Finding]:
        rows = differing(one, other)
        if rows:
            first = f"first {self._time(rows[0])}: {_words(one[rows[0]])} became {_words(other[rows[0]])}"
            share = f"{len(rows):,} of {len(other):,} decisions change"
            yield Finding(what, f"{share} when {when}; {first}", is_wrong)

    def _drifts(self, one: View, other: View) -> list[Drift]:
        return drifts(self.views.needs.indicators, self._sample(list(self.live)), one, other)

    def _sample(self, rows: list[int], size: int = _SAMPLE) -> list[int]:
        return rows[:: max(1, -(-len(rows) // size))]

    def _share(self, some: Sized) -> str:
        return f"{len(some):,} of {len(self.live):,} decisions"

    def _time(self, row: int) -> str:
        opened = datetime.fromtimestamp(int(self.views.history.timestamps[row]) / 1000, UTC)
        return f"at {opened:%Y-%m-%d %H:%M:%S}"


def _words(decision: Decision) -> str:
    """What it does with nothing, and with something in hand: `buy stop 98/hold`."""
    return "/".join(map(_word, decision))


def _word(signal: Signal) -> str:
    side = signal.side.value if signal.target is None else f"target {signal.target:.6g}"
    size = "" if signal.size == 1 else f" {signal.size:.6g}"
    levels = {"limit": signal.limit, "stop": signal.stop, "take_profit": signal.take_profit}
    return f"{side}{size}" + "".join(f" {name} {level:.6g}" for name, level in levels.items() if level is not None)


def _size(drift: Drift) -> str:
    return "a number where there was none" if isinf(drift.share) else f"{drift.share:.2g} of its largest value"
