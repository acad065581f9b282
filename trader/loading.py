"""Finding a strategy's class by its name: the user's directory first, then the shipped ones."""

import inspect
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

from shared.config import StrategySettings
from shared.errors import StrategyError
from shared.trading import Strategy

_SHIPPED = Path(__file__).parent / "strategies"


def load(wanted: StrategySettings, directory: Path) -> Strategy:
    """The strategy that a config section names, with its parameters; StrategyError says what is wrong."""
    module = _module(wanted.name, directory)
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Strategy) and kind.__module__ == module.__name__
    ]
    if len(found) != 1:
        names = ", ".join(kind.__name__ for kind in found) or "none"
        raise StrategyError(f"{module.__file__} must define exactly one Strategy class, it has {names}")
    try:
        return found[0](wanted.parameters)
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise StrategyError(f"strategies.{wanted.id}.parameters: {mistakes}") from None
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{module.__file__}: {type(error).__name__}: {error}") from error


def _module(name: str, directory: Path) -> ModuleType:
    own = directory / f"{name}.py"
    if name.isidentifier() and own.is_file():
        return _from_file(name, own)
    if name.isidentifier() and (_SHIPPED / f"{name}.py").is_file():
        return import_module(f"trader.strategies.{name}")
    shipped = ", ".join(sorted(path.stem for path in _SHIPPED.glob("[a-z]*.py")))
    raise StrategyError(f"no strategy {name!r}: there is no {own}, and shipped are {shipped}")


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
