"""What to look at again, and where it differs from what is stored. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from shared.candles.revisions import Change
from shared.market import Candle, Interval, Series


class Window(NamedTuple):
    """A part of a series to fetch again."""

    series: Series
    part: Interval


@dataclass(frozen=True)
class Difference:
    """One candle as it is stored and as the exchange shows it; `certain` if its answer leaves no other reading.

    `missing`: the exchange shows it, it is not stored. `extra`: stored, not shown. `different`: other values.
    """

    series: Series
    change: Change
    certain: bool = True

    @property
    def kind(self) -> str:
        """`missing`, `extra` or `different`."""
        if self.change.old is None:
            return "missing"
        return "extra" if self.change.new is None else "different"


def sample(
    covered: Mapping[Series, Sequence[Interval]], page: Mapping[str, int], count: int, seed: int
) -> list[Window]:
    """So many windows of what is covered, every candle as likely as any other; the same ones for the same seed.

    `page` is how many candles an exchange gives at once: the largest window.
    """
    rng = Random(seed)  # noqa: S311 - it has to be repeatable
    parts = [Window(series, part) for series in sorted(covered) for part in sorted(covered[series]) if part]
    sizes = [(part.end - part.start) // series.step for series, part in parts]
    chosen = rng.choices(range(len(parts)), sizes, k=count) if parts else []
    return [_window(parts[at], rng.randrange(sizes[at]), page[parts[at].series.exchange]) for at in chosen]


def differences(
    series: Series, held: Iterable[Candle], shown: Sequence[Candle], known: Interval, *, later: bool
) -> list[Difference]:
    """Where stored candles and those the exchange shows differ, within the part that its answer makes known.

    A stored candle that it does not show is certainly gone only if it shows others on both sides; `later` says that
    it has shown some after the known part.
    """
    old = {candle.timestamp: candle for candle in held if known.start <= candle.timestamp < known.end}
    new = {candle.timestamp: candle for candle in shown if known.start <= candle.timestamp < known.end}
    first = shown[0].timestamp if shown else known.end
    last = known.end if later else (shown[-1].timestamp if shown else known.start)
    return [
        Difference(series, Change(old.get(at), new.get(at)), certain=at in new or first < at < last)
        for at in sorted(old.keys() | new.keys())
        if old.get(at) != new.get(at)
    ]


def _window(whole: Window, slot: int, page: int) -> Window:
    step, part = whole.series.step, whole.part
    start = max(part.start, min(part.start + slot * step, part.end - page * step))
    return Window(whole.series, Interval(start, min(start + page * step, part.end)))
