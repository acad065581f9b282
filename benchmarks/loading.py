"""`python -m benchmarks.loading WHAT DIRECTORY`: one way to have a year in memory, in a process of its own.

Prints the milliseconds of each run, after one that is not counted, and by how many MB the process grew at its highest
from where it stood with its libraries imported.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS = 15
_PRICES = ("open", "high", "low", "close", "volume")
Loader = Callable[[], object]


def csv(directory: Path) -> Loader:
    """pandas.read_csv."""
    import pandas as pd  # noqa: PLC0415

    return lambda: pd.read_csv(directory / "year.csv")


def sql(directory: Path) -> Loader:
    """pandas.read_sql from a table like `ohlcv_data`, through the process's only SQLite."""
    import pandas as pd  # noqa: PLC0415
    from sqlalchemy import create_engine, text  # noqa: PLC0415

    from shared.database.sqlite import library  # noqa: PLC0415

    engine = create_engine(f"sqlite:///{directory / 'trading.db'}", module=library())
    query = text(
        f"SELECT timestamp, {', '.join(_PRICES)} FROM ohlcv_data"
        " WHERE exchange = 'binance' AND symbol = 'C0/USDT' AND timeframe = '1m' ORDER BY timestamp"
    )
    return lambda: pd.read_sql(query, engine)


def pickled(directory: Path) -> Loader:
    """A pickled data frame."""
    import pandas as pd  # noqa: PLC0415

    return lambda: pd.read_pickle(directory / "year.pkl")  # noqa: S301 - written by this benchmark


def feather(directory: Path) -> Loader:
    """Feather as freqtrade reads it: floats, dates, and each date grouped, lest one be there twice. A re-enactment."""
    import pandas as pd  # noqa: PLC0415

    first_last = dict(zip(_PRICES, ("first", "max", "min", "last", "max"), strict=True))

    def load() -> object:
        frame = pd.read_feather(directory / "year.feather")
        frame.columns = pd.Index(["date", *_PRICES])
        frame = frame.astype(dict.fromkeys(_PRICES, "float"))
        frame["date"] = pd.to_datetime(frame["date"], unit="ms", utc=True)
        return frame.groupby(by="date", as_index=False, sort=True).agg(first_last)

    return load


def freqtrade(directory: Path) -> Loader:
    """freqtrade itself, as its backtest loads a pair; for an interpreter that has it."""
    from freqtrade.data.history import load_pair_history  # type: ignore[import-not-found]  # noqa: PLC0415

    return lambda: load_pair_history(pair="BTC/USDT", timeframe="1m", datadir=directory, data_format="feather")


def plain_feather(directory: Path) -> Loader:
    """Feather into a data frame with dates, and nothing else."""
    import pandas as pd  # noqa: PLC0415

    return lambda: pd.read_feather(directory / "year.feather")


def ours(directory: Path, symbol: str = "C0/USDT", *, copies: bool = True, archive: str = "archive") -> Any:
    """The reading surface of a series that is sealed; from the table alone where there is no such archive."""
    import pyarrow.parquet  # noqa: F401, PLC0415 - counted as a library, as the others' are

    from shared.database import open_database  # noqa: PLC0415
    from shared.history import candles  # noqa: PLC0415
    from shared.market import Series  # noqa: PLC0415

    database = open_database(f"sqlite:///{directory / 'trading.db'}", "normal", readers=1)
    series = Series("binance", symbol, "1m")
    return candles(database, directory / archive, series, 0, 2**46, copies=directory / "copies" if copies else None)


def ten(directory: Path) -> Loader:
    """Ten series, one after the other, all kept."""
    each = [ours(directory, f"C{number}/USDT") for number in range(10)]
    return lambda: [one.arrays() for one in each]


def month(directory: Path, *, copies: bool = True) -> Loader:
    """One month of the series of five years."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from shared.history import Candles  # noqa: PLC0415
    from shared.market import Interval  # noqa: PLC0415

    whole = ours(directory, "LONG/USDT", copies=copies)
    part = Interval(*(int(datetime(2020, number, 1, tzinfo=UTC).timestamp()) * 1000 for number in (6, 7)))
    return lambda: Candles(whole.place, whole.series, part).arrays()


def streamed(directory: Path, symbol: str) -> Loader:
    """All of a series in chunks of 10,000, each forgotten when the next comes."""
    whole = ours(directory, symbol)
    return lambda: sum(float(chunk.close[-1]) for chunk in whole.chunks())


LOADERS: dict[str, Callable[[Path], Loader]] = {
    "pandas.read_csv": csv,
    "pandas.read_sql": sql,
    "pickle": pickled,
    "feather": plain_feather,
    "feather as freqtrade loads it": feather,
    "freqtrade": freqtrade,
    "ours": lambda directory: ours(directory).arrays,
    "ours, without fast copies": lambda directory: ours(directory, copies=False).arrays,
    "ours, from the table alone": lambda directory: ours(directory, archive="none").arrays,
    "ours, ten series": ten,
    "ours, a month of five years": month,
    "ours, a month of five years, without fast copies": lambda directory: month(directory, copies=False),
    "ours, five years in chunks, making fast copies": lambda directory: streamed(directory, "LONG/USDT"),
    "ours, a year in chunks": lambda directory: streamed(directory, "C0/USDT"),
    "ours, five years in chunks": lambda directory: streamed(directory, "LONG/USDT"),
}


def main(what: str, directory: str) -> None:
    """Measure one of them."""
    load, took = LOADERS[what](Path(directory)), []
    before = _highest_mb()
    load()
    grown = _highest_mb() - before
    for _ in range(RUNS):
        begin = time.perf_counter()
        held = load()
        took.append((time.perf_counter() - begin) * 1000)
        del held
    print(json.dumps({"ms": took, "mb": grown}))


def _highest_mb() -> float:
    """Of this program alone: what getrusage says begins with what its parent had."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
