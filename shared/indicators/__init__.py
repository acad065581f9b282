"""Indicators by name, `rsi:14` (see docs/indicators.md) or `ta:momentum.rsi:14`, or as a function of the frame."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from shared.indicators.forms import Named, Run, Running, named, over
from shared.market.frame import Column, Frame, Indicator

__all__ = ["Named", "Run", "Running", "crosses_above", "indicator", "named", "over", "with_indicators"]


def indicator(spec: str | Indicator) -> Indicator:
    """The function that a spec names, or is; ValueError or TypeError say what is wrong with it.

    Only a spec that begins with `ta:` imports `ta`, and with it pandas (80 MB a process).
    """
    if callable(spec):
        return spec
    if not isinstance(spec, str):
        raise TypeError(f"indicator {spec!r}: a text like rsi:14 is meant, or a function of the frame")
    try:
        return _of_ta(spec) if spec.startswith("ta:") else named(spec)
    except ValueError as error:
        raise ValueError(f"indicator {spec!r}: {error}") from None


def with_indicators(frame: Frame, indicators: Mapping[str, Indicator], runs: Sequence[Run] | None = None) -> Frame:
    """The frame with a column for each indicator, NaN where it is not yet defined.

    Outputs of one computation, `macd.signal:12,26,9` and `macd.histogram:12,26,9`, are computed once.
    """
    shared = {compute.run: compute for compute in indicators.values() if isinstance(compute, Named)}
    outputs = {run: over(frame, compute, runs) for run, compute in shared.items()}
    computed = {
        name: outputs[compute.run][compute.place] if isinstance(compute, Named) else _by_function(frame, compute, runs)
        for name, compute in indicators.items()
    }
    return frame.with_columns(computed)


def _by_function(frame: Frame, compute: Indicator, runs: Sequence[Run] | None) -> Column:
    if runs is None:
        return np.asarray(compute(frame), dtype=np.float64)
    column = np.empty(len(frame))
    for begin, keep, end in runs:
        column[keep:end] = np.asarray(compute(frame.until(end).last(end - begin)), dtype=np.float64)[keep - begin :]
    return column


def crosses_above(one: Column, other: Column | float = 0.0) -> npt.NDArray[np.bool_]:
    """The rows in which `one` is above `other` after a row at it or below; False where either is NaN."""
    above = np.asarray(one > other)
    below = np.asarray(one <= other)
    return above & np.concatenate(([False], below[:-1]))


def _of_ta(spec: str) -> Indicator:
    name, _, arguments = spec.removeprefix("ta:").partition(":")
    if not name:
        raise ValueError("write ta:MODULE.FUNCTION[:ARGUMENT,...], as in ta:momentum.rsi:14")
    from shared.indicators import ta_library  # noqa: PLC0415 - heavy, and only for those who name it

    function = ta_library.find(name)
    return partial(ta_library.compute, function, ta_library.options(function, arguments))
