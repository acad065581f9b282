"""`chandler strategies check`: a dry run of each strategy over stored candles, or made-up ones."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError
from rich.console import Console

from console.strategies.encode import report_json
from console.strategies.tables import complaints, reports
from shared.config import Settings, StrategySettings
from shared.errors import ConfigError, SchemaError, StopError
from shared.market import Frame, Series
from shared.store import Store
from shared.trading import Strategy
from trader.backtest.files import frames_of
from trader.check import Report, check, walk
from trader.loading import known, load

_ANY = ("BTC/USDT", "1m")
_NAMES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Checked:
    """A strategy as it was configured for the check, what it was shown, and what was found."""

    wanted: StrategySettings
    source: str
    report: Report


@dataclass
class Candles:
    """The history of a series: a file's, or the stored one; a random walk if less than half of that is stored."""

    settings: Settings
    series: Series
    seed: int
    file: Path | None = None
    source: str = "none"

    def __call__(self, count: int) -> Frame:
        """The newest `count`, or fewer; `source` says then where they came from."""
        if self.file is not None:
            self.source = str(self.file)
            return newest_of(frames_of(self.file, self.series), count)
        stored = self._stored(count)
        if stored is not None and len(stored) >= count / 2:
            self.source = "stored"
            return stored
        self.source = f"walk, seed {self.seed}"
        return walk(count, self.seed, self.series.step)

    def _stored(self, count: int) -> Frame | None:
        try:
            paths = self.settings.paths
            with Store.open(self.settings.database_url(), paths.archive, paths.cache) as store:
                return store.candles(self.series, count)
        except SchemaError:
            raise
        except StopError:  # there is no database yet, and none is needed
            return None


def series_of(text: str | None) -> Series | None:
    """`binance BTC/USDT 1m` as a series; ConfigError says how it is written."""
    if text is None:
        return None
    words = text.split()
    if len(words) != 3:
        raise ConfigError(f"--series {text!r}: write exchange, symbol and timeframe, 'binance BTC/USDT 1m'")
    try:
        return Series(*words)
    except ValueError as error:
        raise ConfigError(f"--series {text!r}: {error}") from None


def chosen(settings: Settings, name: str | None, *, everything: bool, series: Series | None) -> list[StrategySettings]:
    """The configured strategies that are meant; those that are not configured stand there with their defaults."""
    found = [each for each in settings.strategies if name in (None, each.id, each.name)]
    names = known(settings.paths.strategies) if everything else [name] if name and not found else []
    configured = {each.name for each in found}
    found += [_at_defaults(settings, other) for other in names if other not in configured]
    return [each if series is None else each.model_copy(update=asdict(series)) for each in found]


def check_strategies(
    settings: Settings, wanted: Sequence[StrategySettings], count: int, seed: int, file: Path | None, *, as_json: bool
) -> int:
    """Check each and print what was found; 1 if anything is wrong. `file` has the candles, None: the database."""
    found = [_checked(settings, each, count, seed, file) for each in wanted]
    if as_json:
        print(json.dumps([report_json(each) for each in found], indent=2))
    elif found:
        terminal = Console()
        terminal.print(reports(found, terminal.width))
        terminal.print(complaints(found), soft_wrap=True)
    else:
        print("no strategy is configured; --all checks the others")
    return int(not all(each.report.is_good for each in found))


def newest_of(frames: Iterable[Frame], count: int) -> Frame:
    """The last `count` rows, or as many as there are. StopError without any."""
    last: deque[Frame] = deque()
    for frame in frames:
        last.append(frame)
        while sum(map(len, last)) - len(last[0]) >= count:
            last.popleft()
    if not last:
        raise StopError("the file has no candles")
    columns = {name: np.concatenate([each[name] for each in last]) for name in _NAMES}
    return Frame(np.concatenate([each.timestamps for each in last]), columns).last(count)


def _checked(settings: Settings, wanted: StrategySettings, count: int, seed: int, file: Path | None) -> Checked:
    candles = Candles(settings, wanted.series, seed, file)
    report = check(wanted.id, _loading(wanted, settings), wanted.symbol, candles, count)
    return Checked(wanted, candles.source, report)


def _loading(wanted: StrategySettings, settings: Settings) -> Callable[[], Strategy]:
    return lambda: load(wanted, settings.paths.strategies)


def _at_defaults(settings: Settings, name: str) -> StrategySettings:
    """On the first configured series, if there is one."""
    series = next((each.series for each in settings.all_series()), Series(next(iter(settings.exchanges)), *_ANY))
    try:
        return StrategySettings.model_validate({"id": name, "name": name, **asdict(series)})
    except ValidationError:
        raise ConfigError(f"{name!r} is neither a strategy's id in the configuration nor its name") from None
