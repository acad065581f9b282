"""The one module that speaks `ta` (and pandas)."""

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from math import inf

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
    if not inspect.isfunction(found) or function.startswith("_"):
        raise ValueError(f"ta has no function {name!r}; write one of {', '.join(_MODULES)}, a dot, and its name")
    return found


def options(function: Function, arguments: str) -> dict[str, float]:
    """`12,26` -> the function's first two options, as int where whole, else float; ValueError if they don't fit."""
    names = [name for name in inspect.signature(function).parameters if name not in (*_INPUTS, "fillna")]
    texts = arguments.split(",") if arguments else []
    if len(texts) > len(names):
        raise ValueError(
            f"{function.__name__} takes {', '.join(names) or 'no arguments'}, not as many as {arguments!r}"
        )
    try:
        given = {name: float(text) if "." in text else int(text) for name, text in zip(names, texts, strict=False)}
    except ValueError:
        raise ValueError(f"the arguments {arguments!r} are not numbers") from None
    if not all(0 < number < inf for number in given.values()):
        raise ValueError(f"the arguments {arguments!r} must be above 0: anything else gives no value, ever")
    return given


def compute(function: Function, options: Mapping[str, float], frame: Frame) -> Column:
    """Call a `ta` function on the frame, its price columns by their name.

    A window shorter than the function needs (`ta` raises IndexError or ValueError then) is NaN throughout.
    """
    names = inspect.signature(function).parameters
    prices = {name: pd.Series(frame[name]) for name in names if name in _INPUTS}
    try:
        column = function(**prices, **options)
    except (IndexError, ValueError):
        return np.full(len(frame), np.nan)
    values: Column = column.to_numpy(dtype=np.float64)
    return values
