"""backtrader itself, imported without what it drags along: here alone, so that everybody gets the same.

Where TA-Lib is installed, `import backtrader` imports it, and with it pandas and polars: 206 MB instead of 36. So
TA-Lib is out of sight during the import, and comes in when somebody uses `bt.talib`.
"""

import sys
from importlib import import_module, reload
from types import ModuleType
from typing import Any

from shared.errors import StrategyError


def _library() -> Any:
    if "backtrader" in sys.modules or "talib" in sys.modules:
        return _imported()
    sys.modules["talib"] = None  # type: ignore[assignment]  # how Python is told that a module can't be imported
    try:
        library = _imported()
    finally:
        del sys.modules["talib"]
    library.talib.__getattr__ = lambda name: _with_talib(library.talib, name)
    return library


def _imported() -> Any:
    try:
        return import_module("backtrader")
    except ModuleNotFoundError as error:
        raise StrategyError(f"backtrader can't be imported ({error}): install requirements/backtest.lock") from error


def _with_talib(module: ModuleType, name: str) -> Any:
    """An attribute that is not there yet: import TA-Lib after all, once."""
    if name.startswith("_") or "__getattr__" not in vars(module):
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
    del vars(module)["__getattr__"]
    return getattr(reload(module), name)


bt = _library()
