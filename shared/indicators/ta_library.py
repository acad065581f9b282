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
Options = Mapping[str, float]


def _first_kst(given: Options) -> float:
    return max(given[f"roc{part}"] + given[f"window{part}"] for part in (1, 2, 3, 4)) - 1


#: Functions whose first rows look like values and are none: so many of them, by the function's options. They are zeros,
#: or (of KST and DPO) made of the mean of all closes, later ones too.
_NO_VALUES: Mapping[str, Callable[[Options], float]] = {
    "average_true_range": lambda given: given["window"] - 1,
    "adx": lambda given: 2 * given["window"] - 1,
    "adx_pos": lambda given: given["window"] + 1,
    "adx_neg": lambda given: given["window"] + 1,
    "dpo": lambda given: given["window"] // 2 + 1,
    "kst": _first_kst,
    "kst_sig": lambda given: _first_kst(given) + given["nsig"] - 1,
}


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
        raise ValueError(f"{function.__name__} takes {', '.join(names) or 'no arguments'}; {arguments!r} is too much")
    try:
        given = {name: float(text) if "." in text else int(text) for name, text in zip(names, texts, strict=False)}
    except ValueError:
        raise ValueError(f"the arguments {arguments!r} are not numbers") from None
    if not all(0 < number < inf for number in given.values()):
        raise ValueError(f"the arguments {arguments!r} must be above 0: anything else gives no value, ever")
    return given


def compute(function: Function, options: Options, frame: Frame) -> Column:
    """Call a `ta` function on the frame, its price columns by their name.

    A window shorter than the function needs (`ta` raises IndexError or ValueError then) is NaN throughout. What it
    gives before it has a value, zeros for example, is NaN; RSI is 50 while the close has never moved.
    """
    names = inspect.signature(function).parameters
    prices = {name: pd.Series(frame[name]) for name in names if name in _INPUTS}
    try:
        column = function(**prices, **options)
    except (IndexError, ValueError):
        return np.full(len(frame), np.nan)
    values: Column = column.to_numpy(dtype=np.float64, copy=True)
    if rows := _NO_VALUES.get(function.__name__):
        given = {**{name: parameter.default for name, parameter in names.items()}, **options}
        values[: int(rows(given))] = np.nan
    if function.__name__ == "rsi":
        moved = np.maximum.accumulate(frame.close != frame.close[:1])
        values[~moved & ~np.isnan(values)] = 50.0
    return values
