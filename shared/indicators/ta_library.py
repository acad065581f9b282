"""The one module that speaks `ta` (and pandas)."""

import inspect
from collections.abc import Callable, Sequence
from importlib import import_module

import numpy as np
import pandas as pd

from shared.market.frame import Column, Frame

_MODULES = ("momentum", "trend", "volatility", "volume", "others")
_INPUTS = ("open", "high", "low", "close", "volume")

Function = Callable[..., "pd.Series"]


def find(name: str) -> Function:
    """`momentum.rsi` -> the function of `ta` with that name; ValueError if there is none."""
    module, _, function = name.partition(".")
    found = getattr(import_module(f"ta.{module}"), function, None) if module in _MODULES else None
    if not inspect.isfunction(found):
        raise ValueError(f"ta has no function {name!r}; write one of {', '.join(_MODULES)}, a dot, and its name")
    return found


def numbers(text: str, spec: str) -> tuple[float, ...]:
    """`12,26` -> (12, 26): whole numbers as int, others as float."""
    try:
        return tuple(float(n) if "." in n else int(n) for n in text.split(",")) if text else ()
    except ValueError:
        raise ValueError(f"indicator {spec!r}: the arguments {text!r} are not numbers") from None


def compute(function: Function, arguments: Sequence[float], frame: Frame) -> Column:
    """Call a `ta` function on the frame: price columns by their name, the rest in order from `arguments`.

    A window shorter than the function needs (`ta` raises IndexError or ValueError then) is NaN throughout.
    """
    names = list(inspect.signature(function).parameters)
    prices = {name: pd.Series(frame[name]) for name in names if name in _INPUTS}
    options = dict(zip([n for n in names if n not in _INPUTS], arguments, strict=False))
    try:
        column = function(**prices, **options)
    except (IndexError, ValueError):
        return np.full(len(frame), np.nan)
    values: Column = column.to_numpy(dtype=np.float64)
    return values
