"""How a year of candles is best kept: size on disk, time to write and time to read into arrays, of each encoding.

On the real files, month by month as the archive has them; all in one run, warm file cache. Times are the processor's,
in one thread: what else the machine does while this runs does not count.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather

from benchmarks.processes import REAL_CANDLES
from benchmarks.report import Result
from shared.archive import Month
from shared.archive.encoding import COLUMNS, PRICES, Arrays, digest, read_arrays, scale_of, write_table

_FILES = {
    "2019-05": "binance_BTC-USDT_1m_2019-05.parquet",
    "2021": "binance_BTC-USDT_1m_2021.parquet",
    "2022": "binance_BTC-USDT_1m_2022.parquet",
}
_READS, _WRITES = 9, 3

Write = Callable[[Path, Arrays], None]
Read = Callable[[Path], Arrays]


@dataclass(frozen=True)
class Encoding:
    """One way to keep a month."""

    name: str
    write: Write
    read: Read


def run() -> list[Result]:
    """Every encoding on every file that is at hand; each must give back every double to the bit."""
    results = []
    for name, file in _FILES.items():
        path = REAL_CANDLES / file
        if path.is_file():
            months = _months(path)
            results += [_measured(name, encoding, months) for encoding in _encodings()]
    return results or [Result("encodings", "not measured", "the real files are not at hand")]


def _encodings() -> list[Encoding]:
    stream = {**dict.fromkeys(PRICES, "BYTE_STREAM_SPLIT"), "timestamp": "DELTA_BINARY_PACKED"}
    plain: dict[str, Any] = {"use_dictionary": False, "compression": "zstd"}
    found = [Encoding("the archive's own: decimals, delta-packed, zstd-3", _write_own, read_arrays)]
    for level in (1, 3, 9, 19):
        options = {
            **plain,
            "compression_level": level,
            "column_encoding": dict.fromkeys(COLUMNS, "DELTA_BINARY_PACKED"),
        }
        write = partial(_write_whole, options=options)
        found.append(Encoding(f"whole numbers, delta-packed, zstd-{level}", write, _read_whole))
    for level in (1, 3, 9, 19):
        write = partial(_write_doubles, options={**plain, "compression_level": level, "column_encoding": stream})
        found.append(Encoding(f"doubles, BYTE_STREAM_SPLIT, zstd-{level}", write, _read_doubles))
    found.append(
        Encoding("doubles, zstd-3", partial(_write_doubles, options={**plain, "compression_level": 3}), _read_doubles)
    )
    found.append(Encoding("pyarrow's defaults", partial(_write_doubles, options={}), _read_doubles))
    found.append(Encoding("Feather, lz4", partial(_write_feather, compression="lz4"), _read_feather))
    found.append(
        Encoding("Arrow IPC, memory-mapped (a throw-away copy)", partial(_write_feather, compression=None), _map)
    )
    return found


def _measured(file: str, encoding: Encoding, months: Mapping[Month, Arrays]) -> Result:
    directory = Path(tempfile.mkdtemp(prefix="chandler-bench-"))
    try:
        paths = {month: directory / str(month) for month in months}
        write = median(_timed(partial(_write_all, encoding, paths, months)) for _ in range(_WRITES))
        for month, rows in months.items():
            assert digest(encoding.read(paths[month])) == digest(rows), f"{encoding.name} lost a bit"
        read = median(_timed(lambda: [encoding.read(path) for path in paths.values()]) for _ in range(_READS))
        size = sum(path.stat().st_size for path in paths.values())
    finally:
        shutil.rmtree(directory)
    candles = sum(len(rows["timestamp"]) for rows in months.values())
    figure = f"{size / 1e6:.2f} MB, read {read * 1e3:.1f} ms, write {write * 1e3:.0f} ms"
    return Result(f"{file}: {encoding.name}", figure, f"{candles:,} candles, {size / candles:.1f} bytes each")


def _write_all(encoding: Encoding, paths: Mapping[Month, Path], months: Mapping[Month, Arrays]) -> None:
    for month, rows in months.items():
        encoding.write(paths[month], rows)


def _timed(act: Callable[[], object]) -> float:
    start = process_time()
    act()
    return process_time() - start


def _months(path: Path) -> dict[Month, Arrays]:
    table = pq.read_table(path)
    rows = {name: np.ascontiguousarray(table.column(name).to_numpy()) for name in COLUMNS}
    months, month = dict[Month, Arrays](), Month.of(int(rows["timestamp"][0]))
    while month.start <= rows["timestamp"][-1]:
        first, last = np.searchsorted(rows["timestamp"], (month.start, month.end))
        months[month] = {name: column[first:last] for name, column in rows.items()}
        month = month.next
    return months


def _write_own(path: Path, rows: Arrays) -> None:
    write_table(path, rows, {})


def _write_whole(path: Path, rows: Arrays, options: dict[str, Any]) -> None:
    scales = {name: scale_of(rows[name]) for name in PRICES}
    whole = {name: np.rint(rows[name] * 10.0 ** (scales[name] or 0)).astype(np.int64) for name in PRICES}
    table = pa.table({"timestamp": rows["timestamp"], **whole})
    told = {name: str(scale) for name, scale in scales.items()}
    pq.write_table(table.replace_schema_metadata(told), path, **options)


def _read_whole(path: Path) -> Arrays:
    table = pq.read_table(path, use_threads=False, partitioning=None)
    scales = {key.decode(): int(value) for key, value in table.schema.metadata.items()}
    prices = {name: table.column(name).to_numpy() / 10.0 ** scales[name] for name in PRICES}
    return {"timestamp": table.column("timestamp").to_numpy(), **prices}


def _write_doubles(path: Path, rows: Arrays, options: dict[str, Any]) -> None:
    pq.write_table(pa.table(rows), path, **options)


def _read_doubles(path: Path) -> Arrays:
    table = pq.read_table(path, use_threads=False, partitioning=None)
    return {name: table.column(name).to_numpy() for name in COLUMNS}


def _write_feather(path: Path, rows: Arrays, compression: str | None) -> None:
    feather.write_feather(pa.table(rows), str(path), compression=compression or "uncompressed")


def _read_feather(path: Path) -> Arrays:
    table = feather.read_table(str(path), use_threads=False)
    return {name: table.column(name).to_numpy() for name in COLUMNS}


def _map(path: Path) -> Arrays:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        return {name: table.column(name).to_numpy() for name in COLUMNS}
