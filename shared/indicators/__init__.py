"""Indicators by name, `ta:momentum.rsi:14` (library, function, arguments), or as a function of the frame."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from shared.market.frame import Frame, Indicator


def indicator(spec: str | Indicator) -> Indicator:
    """The function that a spec names, or is; ValueError or TypeError say what is wrong with it.

    Only a spec that begins with `ta:` imports `ta`, and with it pandas (80 MB a process).
    """
    if callable(spec):
        return spec
    if not isinstance(spec, str):
        raise TypeError(f"indicator {spec!r}: a text like ta:momentum.rsi:14 is meant, or a function of the frame")
    library, _, rest = spec.partition(":")
    name, _, arguments = rest.partition(":")
    if library != "ta" or not name:
        raise ValueError(f"indicator {spec!r}: write ta:MODULE.FUNCTION[:ARGUMENT,...], as in ta:momentum.rsi:14")
    from shared.indicators import ta_library  # noqa: PLC0415 - heavy, and only for those who name it

    try:
        function = ta_library.find(name)
        return partial(ta_library.compute, function, ta_library.options(function, arguments))
    except ValueError as error:
        raise ValueError(f"indicator {spec!r}: {error}") from None


def with_indicators(frame: Frame, indicators: Mapping[str, Indicator]) -> Frame:
    """The frame with a column for each indicator, NaN where it is not yet defined."""
    computed = {name: np.asarray(compute(frame), dtype=np.float64) for name, compute in indicators.items()}
    return frame.with_columns(computed)
