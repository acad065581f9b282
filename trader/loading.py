"""Finding a strategy's class by its name: the user's directory first, then the shipped ones."""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

from shared.config import StrategySettings
from shared.errors import StrategyError
from shared.indicators import indicator
from shared.market import Indicator
from shared.trading import Strategy
from trader.parameters import mistakes

_SHIPPED = Path(__file__).parent / "strategies"


@dataclass(frozen=True)
class Needs:
    """What a strategy must be shown: so many candles, with these columns computed on them."""

    warm_up: int
    indicators: Mapping[str, Indicator]


def load(wanted: StrategySettings, directory: Path) -> Strategy:
    """The strategy that a config section names, with its parameters; StrategyError says what is wrong."""
    if wanted.engine == "backtrader":
        from trader.bt import library  # noqa: F401, PLC0415 - lighter than what its file would import
    kind = find(wanted.name, directory)
    if engine_of(kind) == "backtrader" != wanted.engine:
        raise StrategyError(f'strategies.{wanted.id}: {wanted.name} is a bt.Strategy: it needs engine = "backtrader"')
    try:
        return _for_books(kind(wanted.parameters), wanted)
    except ValidationError as error:
        raise StrategyError(f"strategies.{wanted.id}.parameters: {mistakes(kind, error)}") from None
    except (Exception, SystemExit) as error:
        file = sys.modules[kind.__module__].__file__
        raise StrategyError(f"{file}: {type(error).__name__}: {error}") from error


def needs(strategy_id: str, strategy: Strategy) -> Needs:
    """Ask the strategy what it needs; StrategyError if it can't say or asks for what does not exist."""
    try:
        found = {name: indicator(spec) for name, spec in strategy.indicators().items()}
        warm_up = strategy.warm_up
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{strategy_id}: {type(error).__name__}: {error}") from error
    if type(warm_up) is not int or warm_up < 1:
        raise StrategyError(f"{strategy_id}: warm_up must be a whole number of candles from 1 on, not {warm_up!r}")
    return Needs(warm_up, found)


def known(directory: Path) -> dict[str, Path]:
    """Every strategy there is, name -> file; a user's file hides a shipped one of its name."""
    files = [*sorted(_SHIPPED.glob("*.py")), *sorted(directory.glob("*.py"))]
    return {path.stem: path for path in files if path.stem.isidentifier() and not path.stem.startswith("_")}


def is_shipped(path: Path) -> bool:
    """Whether a strategy's file came with Chandler."""
    return path.parent == _SHIPPED


def find(name: str, directory: Path) -> type[Strategy]:
    """The class that a name stands for; StrategyError says where it was looked for, or what is wrong with its file."""
    module = _module(name, directory)
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Strategy) and kind.__module__ == module.__name__
    ]
    found = found or _hosted(module)
    if len(found) != 1:
        names = ", ".join(kind.__name__ for kind in found) or "none"
        raise StrategyError(f"{module.__file__} must define exactly one Strategy class, it has {names}")
    return found[0]


def engine_of(kind: type[Strategy]) -> str:
    """What runs it: `native`, or `backtrader`."""
    engine: str = getattr(kind, "engine", "native")
    return engine


def _hosted(module: ModuleType) -> list[type[Strategy]]:
    """The strategies of backtrader's in a file, each as one of ours; without backtrader there are none."""
    if "backtrader" not in sys.modules:
        return []
    from trader.bt.hosted import host, is_theirs  # noqa: PLC0415 - only for those who use it

    classes = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    return [host(kind) for kind in classes if is_theirs(kind)]


def _for_books(strategy: Strategy, wanted: StrategySettings) -> Strategy:
    """One of backtrader's asks for its cash, which it reckons from what its books began with, and for the timeframe."""
    if engine_of(type(strategy)) == "backtrader":
        vars(strategy).update(cash=wanted.cash, series=wanted.series)  # trader.bt is not imported for the others
    return strategy


def _module(name: str, directory: Path) -> ModuleType:
    path = known(directory).get(name)
    if path is None:
        shipped = ", ".join(name for name, path in known(directory).items() if is_shipped(path))
        raise StrategyError(f"no strategy {name!r}: there is no {directory / name}.py, and shipped are {shipped}")
    return import_module(f"trader.strategies.{name}") if is_shipped(path) else _from_file(name, path)


def _from_file(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(f"strategies.{name}", path)
    if spec is None or spec.loader is None:
        raise StrategyError(f"{path} can't be imported")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{path} can't be imported: {type(error).__name__}: {error}") from error
    return module
