"""`chandler strategies list`: the shipped strategies and the user's, with their parameters."""

import inspect
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console

from console.strategies.tables import listing
from shared.config import Settings
from shared.errors import StrategyError
from trader.loading import find, is_shipped, known
from trader.parameters import Parameter, parameters_of


@dataclass(frozen=True)
class Listed:
    """One strategy; `error` says why it can't be loaded, and there are no parameters then."""

    name: str
    shipped: bool
    does: str
    parameters: tuple[Parameter, ...]
    error: str | None = None


def show_strategies(settings: Settings, *, as_json: bool) -> int:
    """Print them; 1 if one can't be loaded."""
    found = listed(settings.paths.strategies)
    if as_json:
        print(json.dumps([asdict(each) for each in found], indent=2, default=str))
    else:
        terminal = Console()
        terminal.print(listing(found))
        for each in found:
            if each.error:
                terminal.print(f"{each.name}: {each.error}", style="red", markup=False, highlight=False, soft_wrap=True)
    return int(any(each.error for each in found))


def listed(directory: Path) -> list[Listed]:
    """Every strategy there is; what a file prints when it is loaded is dropped."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return [_listed(name, directory, shipped=is_shipped(path)) for name, path in known(directory).items()]


def _listed(name: str, directory: Path, *, shipped: bool) -> Listed:
    try:
        kind = find(name, directory)
    except StrategyError as error:
        return Listed(name, shipped, "", (), str(error))
    does = (inspect.getdoc(kind) or "").partition("\n")[0] if kind.__doc__ else ""
    return Listed(name, shipped, does, parameters_of(kind))
