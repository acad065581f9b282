"""Which format a spill journal should have: one candle made durable, ten thousand, and those loaded into SQL.

Each append ends with fsync: what it returns from survives a power cut. A format that can't be appended to writes a new
file for each batch, as one has to with it; Arrow's stream is written on, record batch after record batch.
Loading ends in our table, through the same bulk insert for all, with coverage left out of all: formats are compared,
not databases. `direct SQL` is what the journal stands in for while it works: no load remains.
"""

import csv
import json
import os
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import pyarrow as pa
from pyarrow import feather, parquet

from benchmarks.report import Result
from schema import migrate
from shared.database import Database, open_database
from shared.database.dialect import insert_candles
from shared.journal import Journal
from shared.market import Candle, Closed, Interval, Series, joined

MANY, SINGLES, RUNS = 10_000, 200, 5
SERIES = Series("binance", "BTC/USDT", "1s")
CANDLES = [
    Candle(1_700_000_000_000 + 1_000 * n, 50_000.1 + n % 7, 50_008.25, 49_999.99, 50_001.5 + n % 5, 0.12345678 + n % 3)
    for n in range(MANY)
]
NAMES = ("timestamp", "open", "high", "low", "close", "volume")
SCHEMA = pa.schema([("timestamp", pa.int64()), *((name, pa.float64()) for name in NAMES[1:])])


class Format(ABC):
    """A way of keeping candles in files of one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @abstractmethod
    def append(self, candles: Sequence[Candle]) -> None:
        """Make candles durable."""

    @abstractmethod
    def read(self) -> list[Candle]:
        """All of them."""

    def close(self) -> None:  # noqa: B027 - some formats hold nothing open
        """Done with it."""


class Lines(Format):
    """A text file that is appended to, a candle a line."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.path = directory / "candles"
        self.file = self.path.open("a", encoding="utf-8", newline="")

    @abstractmethod
    def text(self, candles: Sequence[Candle]) -> None:
        """Write the lines."""

    def append(self, candles: Sequence[Candle]) -> None:
        self.text(candles)
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()


class Csv(Lines):
    """Six numbers, separated by commas."""

    def text(self, candles: Sequence[Candle]) -> None:
        csv.writer(self.file).writerows(candles)

    def read(self) -> list[Candle]:
        with self.path.open(newline="", encoding="utf-8") as file:
            return [Candle(int(row[0]), *map(float, row[1:])) for row in csv.reader(file)]


class JsonLines(Lines):
    """A list of six numbers a line."""

    def text(self, candles: Sequence[Candle]) -> None:
        self.file.writelines(json.dumps(candle) + "\n" for candle in candles)

    def read(self) -> list[Candle]:
        with self.path.open(encoding="utf-8") as file:
            return [Candle(*json.loads(line)) for line in file]


class ArrowStream(Format):
    """Arrow's IPC stream, which is what Feather holds, one record batch an append."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.file = (directory / "candles").open("wb")
        self.stream = pa.ipc.new_stream(self.file, SCHEMA)

    def append(self, candles: Sequence[Candle]) -> None:
        self.stream.write_batch(_batch(candles))
        self.file.flush()
        os.fsync(self.file.fileno())

    def read(self) -> list[Candle]:
        with pa.memory_map(str(self.directory / "candles")) as file:
            return _rows(pa.ipc.open_stream(file).read_all())

    def close(self) -> None:
        self.file.close()


class Files(Format):
    """A new file for each append."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.count = 0

    @abstractmethod
    def write(self, table: pa.Table, path: Path) -> None:
        """One file."""

    @abstractmethod
    def load(self, path: Path) -> pa.Table:
        """What a file holds."""

    def append(self, candles: Sequence[Candle]) -> None:
        path = self.directory / f"{self.count:06}"
        self.count += 1
        self.write(pa.Table.from_batches([_batch(candles)]), path)
        for place in (path, self.directory):
            handle = os.open(place, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)

    def read(self) -> list[Candle]:
        return [candle for path in sorted(self.directory.iterdir()) for candle in _rows(self.load(path))]


class Feather(Files):
    """Feather files, not compressed."""

    def write(self, table: pa.Table, path: Path) -> None:
        feather.write_feather(table, path, compression="uncompressed")

    def load(self, path: Path) -> pa.Table:
        return feather.read_table(path)


class Parquet(Files):
    """Parquet files with pyarrow's defaults."""

    def write(self, table: pa.Table, path: Path) -> None:
        parquet.write_table(table, path)

    def load(self, path: Path) -> pa.Table:
        return parquet.read_table(path)


class Pages(Format):
    """`shared.journal`: binary records with CRC-32 where space was set aside beforehand, 1,000 candles each."""

    most = 1_000

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.journal = Journal(directory, 1)

    def append(self, candles: Sequence[Candle]) -> None:
        self.journal.append([_page(candles[at : at + self.most]) for at in range(0, len(candles), self.most)])

    def read(self) -> list[Candle]:
        pages = joined([entry for entry in self.journal.read().entries if isinstance(entry, Closed)])
        return [candle for page in pages for candle in page.candles]

    def close(self) -> None:
        self.journal.close()


class Singles(Pages):
    """The same with a record for every candle, as an outage leaves it."""

    most = 1


class DirectSql(Format):
    """Our table, `synchronous=FULL`, so that a commit is as durable as an fsync."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.database = _database(directory, "full")

    def append(self, candles: Sequence[Candle]) -> None:
        with self.database.write() as connection:
            insert_candles(connection, SERIES.key, candles)

    def read(self) -> list[Candle]:
        with self.database.read() as connection:
            query = "SELECT timestamp, open, high, low, close, volume FROM ohlcv_data ORDER BY timestamp"
            return [Candle(*row) for row in connection.exec_driver_sql(query)]

    def close(self) -> None:
        self.database.close()


FORMATS: dict[str, type[Format]] = {
    "CSV": Csv,
    "JSON lines": JsonLines,
    "Arrow IPC stream": ArrowStream,
    "Feather, a file an append": Feather,
    "Parquet, a file an append": Parquet,
    "the journal's records, 1,000 candles each": Pages,
    "the journal's records, one candle each": Singles,
    "direct SQL": DirectSql,
}


def run() -> list[Result]:
    """Medians of five; single appends: the median of 200 in each run."""
    results = []
    for name, kind in FORMATS.items():
        runs = [_measured(kind) for _ in range(RUNS + 1)][1:]
        one, many, load, size = (median(values) for values in zip(*runs, strict=True))
        loaded = "none" if kind is DirectSql else f"{load * 1000:.0f} ms"
        results.append(
            Result(
                f"{name}: append one, append {MANY:,}, load them into SQL",
                f"{one * 1000:.2f} ms, {many * 1000:.1f} ms, {loaded}",
                f"{size / 1e6:.2f} MB",
            )
        )
    return results


def _measured(kind: type[Format]) -> tuple[float, float, float, float]:
    """Seconds of one durable append, of ten thousand candles at once, of loading those; bytes of those."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        with closing(kind(Path(first))) as single:
            one = median(_seconds(lambda n=n: single.append(CANDLES[n : n + 1])) for n in range(SINGLES))  # type: ignore[misc]
        with closing(kind(Path(second))) as whole:
            many = _seconds(lambda: whole.append(CANDLES))
            size = sum(path.stat().st_size for path in Path(second).iterdir())
            load = 0.0 if kind is DirectSql else _load(whole)
        return one, many, load, float(size)


def _load(kept: Format) -> float:
    with tempfile.TemporaryDirectory() as directory, closing(_database(Path(directory), "normal")) as database:

        def load() -> None:
            with database.write() as connection:
                insert_candles(connection, SERIES.key, kept.read())

        seconds = _seconds(load)
        with database.read() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM ohlcv_data").scalar_one()
        if count != MANY:
            raise SystemExit(f"{count} candles came back of {MANY}")
        return seconds


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _database(directory: Path, durability: str) -> Database:
    path = directory / "trading.db"
    migrate(f"sqlite:///{path}", path)
    return open_database(f"sqlite:///{path}", durability)


def _page(candles: Sequence[Candle]) -> Closed:
    return Closed(SERIES, Interval(candles[0].timestamp, candles[-1].timestamp + SERIES.step), list(candles))


def _batch(candles: Sequence[Candle]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(column) for column in zip(*candles, strict=True)], schema=SCHEMA)


def _rows(table: pa.Table) -> list[Candle]:
    return list(map(Candle, *(column.to_pylist() for column in table.columns)))
