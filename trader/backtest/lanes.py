"""Columns as a live trader has them: each candle's from the run that begins at its anchor, all of a history at once.

A run covers the block its candles lie in and the one before, or more behind a hole, so the runs of neighbouring blocks
overlap. They are laid into lanes in which none overlap, two as a rule: a lane is the whole frame with a set of columns.
So every row of the window that a strategy is shown comes from the run of the window's newest row, as it does live.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

import numpy as np

from shared.indicators import Named, with_indicators
from shared.indicators import Run as Computed
from shared.indicators.anchor import anchor
from shared.indicators.compiled import compiled
from shared.market import Frame, Indicator


@dataclass(frozen=True)
class Run:
    """Rows from `start` to before `end` are computed, those from `first` on are decided on."""

    start: int
    first: int
    end: int


@dataclass(frozen=True)
class Lane:
    """A frame with the columns of some runs that don't overlap; what lies between them means nothing."""

    frame: Frame
    runs: tuple[Run, ...]


def runs_of(frame: Frame, begins: int, block: int, warm_up: int) -> list[Run]:
    """The runs for the rows from `begins` on, one a block; `block` in ms. See shared.indicators.anchor."""
    times, rows = frame.timestamps, len(frame)
    blocks = times // block
    starts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), rows]
    return [
        Run(anchor(times, start, block, warm_up), max(start, begins), end)
        for start, end in pairwise(starts)
        if end > begins
    ]


def lanes_of(frame: Frame, indicators: Mapping[str, Indicator], runs: list[Run]) -> list[Lane]:
    """The runs laid into as few lanes as they need, with their columns computed."""
    laid: list[list[Run]] = []
    for run in runs:
        free = next((lane for lane in laid if lane[-1].end <= run.start), None)
        if free is None:
            laid.append([run])
        else:
            free.append(run)
    return [Lane(_computed(frame, indicators, lane), tuple(lane)) for lane in laid]


def load_compiled(indicators: Mapping[str, Indicator]) -> None:
    """A history of several stretches repays compiled kernels, which no stretch would load alone."""
    if find_spec("numba") is not None:
        for each in indicators.values():
            if isinstance(each, Named):
                compiled(each.name)


def _computed(frame: Frame, indicators: Mapping[str, Indicator], runs: list[Run]) -> Frame:
    found = with_indicators(frame, indicators, [Computed(run.start, run.start, run.end) for run in runs])
    for name in indicators:
        found[name].flags.writeable = False
    return found
