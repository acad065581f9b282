"""Candles as Parquet and back, to the last bit.

A column whose doubles are all decimals of few digits, as an exchange's are, is written as DECIMAL: whole numbers,
delta-packed, two fifths the size of doubles, and any tool reads the right values. Any other column stays doubles.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import RepairError, StopError
from shared.market.frame import Column

Times = npt.NDArray[np.int64]
Arrays = dict[str, npt.NDArray[Any]]

PRICES = ("open", "high", "low", "close", "volume")
COLUMNS = ("timestamp", *PRICES)
#: Of a DECIMAL in 64 bits; up to 2^53 every whole number is a double, so that one division gives back the nearest.
_DIGITS, _EXACT, _SCALES = 18, 2**53, range(16)
_ROW_GROUP = 100_000


def write_table(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], told: Mapping[str, str], level: int = 3
) -> dict[str, int | None]:
    """Write all columns, ascending in `timestamp` (ms), and `told` into the footer; returns each price's scale.

    The scale is the number of decimals, None for a column kept as doubles. `level` is zstd's. Not synced: that is the
    caller's.
    """
    pa, pq = _arrow()
    scales = {name: scale_of(arrays[name]) for name in PRICES}
    schema = _schema(scales).with_metadata(dict(told))
    packed = [name for name, scale in scales.items() if scale is not None]
    options = {
        "compression": "zstd",
        "compression_level": level,
        "use_dictionary": False,
        "write_statistics": True,
        "write_page_checksum": True,
        "store_decimal_as_integer": True,
        "column_encoding": {
            **dict.fromkeys(("timestamp", *packed), "DELTA_BINARY_PACKED"),
            **{name: "BYTE_STREAM_SPLIT" for name, scale in scales.items() if scale is None},
        },
    }
    with pq.ParquetWriter(path, schema, **options) as writer:
        for start in range(0, len(arrays["timestamp"]), _ROW_GROUP):
            part = {name: arrays[name][start : start + _ROW_GROUP] for name in COLUMNS}
            columns = [_plain(part["timestamp"], schema.field("timestamp").type)]
            columns += [_encoded(part[name], scale) for name, scale in scales.items()]
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return scales


def read_arrays(path: Path, columns: Sequence[str] = COLUMNS) -> Arrays:
    """Columns of a file as they were written; RepairError, which says what is wrong with it, if it can't be read."""
    return read_table(path, columns)[0]


def read_table(path: Path, columns: Sequence[str] = COLUMNS) -> tuple[Arrays, dict[str, str]]:
    """The same, and what was written into the footer."""
    pa, pq = _arrow()
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(columns=list(columns), use_threads=False)
            metadata = file.schema_arrow.metadata or {}
            told = {key.decode(): value.decode() for key, value in metadata.items()}
            found = {name: _decoded(table.column(name)) for name in columns}
        del table
        pa.default_memory_pool().release_unused()  # it would keep a month's room for the next one, for ever
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise RepairError(f"{path} can't be read: {_brief(error)}") from None
    return found, told


def read_scales(path: Path) -> dict[str, int | None]:
    """Of each price column how many decimals it is written with; None: as doubles."""
    pa, pq = _arrow()
    schema = pq.read_schema(path)
    kinds = {name: schema.field(name).type for name in PRICES}
    return {name: kind.scale if pa.types.is_decimal(kind) else None for name, kind in kinds.items()}


def scale_of(column: Column) -> int | None:
    """The fewest decimals that give back every double of a column to the bit; None if no number of them does."""
    if not np.isfinite(column).all():
        return None
    largest = float(np.abs(column).max(initial=0))
    for scale in _SCALES:
        power = 10.0**scale
        if largest * power >= _EXACT:
            return None
        # A few rows tell most scales off; all rows have the last word.
        if _survives(column[:64], power) and _survives(column, power):
            return scale
    return None


def digest(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 of the values: the number of rows, then each column's 64-bit words, little-endian."""
    total = hashlib.sha256(struct.pack("<q", len(arrays["timestamp"])))
    for name in COLUMNS:
        total.update(np.ascontiguousarray(arrays[name]).astype(arrays[name].dtype.newbyteorder("<"), copy=False).data)
    return total.hexdigest()


def _survives(column: Column, power: float) -> bool:
    whole = np.rint(column * power)
    # Through integers, as in the file: they know no -0.0.
    return bool(np.array_equal((whole.astype(np.int64) / power).view(np.int64), column.view(np.int64)))


def _schema(scales: Mapping[str, int | None]) -> Any:
    pa, _ = _arrow()
    kinds = {name: pa.float64() if scale is None else pa.decimal128(_DIGITS, scale) for name, scale in scales.items()}
    fields = {"timestamp": pa.timestamp("ms", tz="UTC"), **kinds}
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields.items()])


def _encoded(column: Column, scale: int | None) -> Any:
    pa, _ = _arrow()
    if scale is None:
        return _plain(column, pa.float64())
    words = np.empty((len(column), 2), np.int64)  # Arrow's decimals have 128 bits, low word first
    words[:, 0] = np.rint(column * 10.0**scale)
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(_DIGITS, scale), len(column), [None, pa.py_buffer(words)])


def _plain(column: npt.NDArray[Any], kind: Any) -> Any:
    """A column as it is in memory; Arrow's own ways from and to NumPy import pandas where that is installed, 49 MB."""
    pa, _ = _arrow()
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])


def _decoded(column: Any) -> npt.NDArray[Any]:
    pa, _ = _arrow()
    kind = column.type
    if column.null_count:
        raise ValueError("a value is missing")
    if pa.types.is_decimal(kind):
        values, filled = np.empty(len(column), np.float64), 0
        for chunk in column.chunks:
            whole = _words(chunk, np.int64, 2)
            np.divide(whole, 10.0**kind.scale, out=values[filled : filled + len(whole)])
            filled += len(whole)
        return values
    dtype: type[np.float64 | np.int64] = np.float64 if pa.types.is_floating(kind) else np.int64
    chunks = [_words(chunk, dtype, 1) for chunk in column.chunks]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks or [np.empty(0, dtype)])


def _words(chunk: Any, dtype: type[np.float64 | np.int64], width: int) -> npt.NDArray[Any]:
    """The 64-bit words of a column's piece, the low ones where a value has two."""
    words = np.frombuffer(chunk.buffers()[1], dtype)
    return words[width * chunk.offset : width * (chunk.offset + len(chunk)) : width]


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - 40 MB that only those with an archive need
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise StopError("the archive needs pyarrow: install requirements/files.lock") from None
    return pa, pq


def _brief(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0][:200] or type(error).__name__
