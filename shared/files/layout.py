"""Which format a file has, what its name says, and which of its columns are a candle's. Pure."""

from collections.abc import Sequence
from pathlib import Path

from shared.errors import StopError
from shared.market import TIMEFRAMES

FORMATS = {".csv": "csv", ".parquet": "parquet", ".feather": "feather", ".arrow": "feather"}

#: What the columns are called in files about, in lower case and without blanks or underscores; the first found counts.
_NAMES = {
    "time": ("timestamp", "opentime", "unix", "unixtime", "unixtimestamp", "time", "ts", "date", "datetime"),
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice"),
    "low": ("low", "l", "lowprice"),
    "close": ("close", "c", "closeprice"),
    "volume": ("volume", "v", "vol", "basevolume"),
}
_KNOWN = {name for names in _NAMES.values() for name in names}


def file_format(path: Path, wanted: str | None) -> str:
    """`csv`, `parquet` or `feather`: as wanted, else by the file's name. StopError if neither says."""
    found = wanted or FORMATS.get(Path(path.name.lower().removesuffix(".gz")).suffix)
    if found is None or found not in FORMATS.values():
        raise StopError(
            f"{path}: can't tell its format by its name: call it .csv, .parquet or .feather, or say --format to"
            " `chandler candles`"
        )
    return found


def named_series(path: Path) -> tuple[str, str] | None:
    """Symbol and timeframe of a file that is named as freqtrade names them: `BTC_USDT-1m.feather`.

    None for any other name, futures' included: their symbol has a part that the name does not tell.
    """
    symbol, dash, timeframe = path.name.split(".")[0].rpartition("-")
    base, _, quote = symbol.partition("_")
    if dash and timeframe in TIMEFRAMES and base and quote and "_" not in quote and "-" not in quote:
        return f"{base}/{quote}", timeframe
    return None


def is_header(cells: Sequence[str]) -> bool:
    """Whether a CSV's first line names columns."""
    return any(_plain(cell) in _KNOWN for cell in cells)


def places(names: Sequence[str], where: str) -> tuple[int, ...]:
    """Where time, open, high, low, close and volume stand among these names; StopError lists what is missing."""
    plain = [_plain(name) for name in names]
    found = [next((plain.index(name) for name in known if name in plain), None) for known in _NAMES.values()]
    if missing := [name for name, place in zip(_NAMES, found, strict=True) if place is None]:
        raise StopError(f"{where} has no column for {', '.join(missing)}; its columns are {', '.join(map(str, names))}")
    return tuple(place for place in found if place is not None)


def _plain(name: str) -> str:
    return name.strip().strip('"').lower().replace(" ", "").replace("_", "")
