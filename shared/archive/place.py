"""Where a month lies: `EXCHANGE/MARKET/BTC_USDT/1m/2024-01.parquet`, each part escaped and told back from the path."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

from shared.market import Interval, Series

#: The room for rows of other tables than candles (shared.tiers).
TABLES = "tables"


class Month(NamedTuple):
    """A calendar month, UTC."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @classmethod
    def of(cls, ms: int) -> "Month":
        """The month an instant lies in."""
        moment = datetime.fromtimestamp(ms / 1000, UTC)
        return cls(moment.year, moment.month)

    @classmethod
    def named(cls, name: str) -> "Month":
        """`2024-01`; ValueError for anything else."""
        try:
            moment = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
        except ValueError:
            moment = None
        if moment is None or str(month := cls(moment.year, moment.month)) != name:
            raise ValueError(f"{name!r} is no month like 2024-01")
        return month

    @property
    def start(self) -> int:
        """Its first instant, ms UTC."""
        return int(datetime(self.year, self.number, 1, tzinfo=UTC).timestamp()) * 1000

    @property
    def end(self) -> int:
        """The first instant after it, ms UTC."""
        return self.next.start

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month(self.year + 1, 1) if self.number == 12 else Month(self.year, self.number + 1)

    @property
    def interval(self) -> Interval:
        """`start <= t < end`."""
        return Interval(self.start, self.end)


def market_of(symbol: str) -> str:
    """What kind of market a symbol of ccxt's names: `spot`, `swap`, `future` or `option`."""
    _, contract, settled = symbol.partition(":")
    if not contract:
        return "spot"
    return ("swap", "future")[settled.count("-")] if settled.count("-") < 2 else "option"


def series_directory(root: Path, series: Series) -> Path:
    """Where the files of a series lie."""
    symbol = "_".join(_escaped(part).replace("_", "%5F") for part in series.symbol.split("/"))
    return root / _escaped(series.exchange) / market_of(series.symbol) / symbol / series.timeframe


def month_file(root: Path, series: Series, month: Month) -> Path:
    """The month's Parquet file; its manifest stands beside it and ends in `.json`."""
    return series_directory(root, series) / f"{month}.parquet"


def manifest_file(path: Path) -> Path:
    """The manifest of a month's file."""
    return path.with_suffix(".json")


def series_of(path: Path) -> Series:
    """Whose month a file is, by its path; ValueError if it is none of the archive's."""
    exchange, _, symbol, timeframe = path.parts[-5:-1] if len(path.parts) >= 5 else ("", "", "", "")
    try:
        series = Series(unquote(exchange), "/".join(map(unquote, symbol.split("_"))), timeframe)
    except ValueError:
        series = None
    if series is None or series_directory(Path(), series).parts != path.parts[-5:-1]:
        raise ValueError(f"{path} is not EXCHANGE/MARKET/BASE_QUOTE/TIMEFRAME/MONTH as the archive names its files")
    return series


def month_of(path: Path) -> Month:
    """Which month a file or manifest is of, by its name; ValueError if it is none."""
    return Month.named(path.name.split(".")[0])


def _escaped(part: str) -> str:
    """Letters, digits and `_.-~` stand for themselves; a leading dot would hide a file, or lead out of the archive."""
    quoted = quote(part, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
