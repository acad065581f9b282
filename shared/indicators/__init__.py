"""Indicators by name: `ta:momentum.rsi:14`, library, function, arguments."""

from collections.abc import Callable, Mapping
from functools import partial

from shared.market.frame import Column, Frame

Indicator = Callable[[Frame], Column]


def indicator(spec: str) -> Indicator:
    """The function that a spec names; ValueError says what is wrong with the spec.

    Only a spec that begins with `ta:` imports `ta`, and with it pandas (80 MB a process).
    """
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
    return frame.with_columns({name: compute(frame) for name, compute in indicators.items()})
