"""Candles for a test from a file, without a database: Parquet, Feather or CSV, columns and times as they are found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import StopError
from shared.files.columns import read_times
from shared.files.layout import file_format, places
from shared.files.read import open_rows
from shared.market import Frame, Interval, Series
from shared.market.candle import LATEST_MS, OFF_THE_GRID, accept

_NAMES = ("open", "high", "low", "close", "volume")
_BATCH = 2**17
_UNITS = {"s": 1_000, "ms": 1, "us": -1_000, "ns": -1_000_000}


def frames_of(path: Path, series: Series, wanted: str | None = None) -> Iterator[Frame]:
    """The candles of a file in frames, as they stand in it; StopError if it can't be read, or where it is wrong.

    `wanted` is the format, if the name does not tell. A candle that no market can have made ends it: a test over
    half-good candles says nothing, and `chandler candles import` sorts them out.
    """
    found = file_format(path, wanted)
    if not path.is_file():
        raise StopError(f"there is no file {path}")
    frames = _rows(path, found) if found == "csv" else _columns(path, found)
    for frame in frames:
        _require_candles(frame, series, path)
        yield frame


def _columns(path: Path, found: str) -> Iterator[Frame]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - only these formats need it
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise StopError(f"{path}: reading {found} needs pyarrow: install requirements/files.lock") from None
    try:
        if found == "parquet":
            file = pq.ParquetFile(path)
            names, batches = file.schema_arrow.names, file.iter_batches(batch_size=_BATCH)
        else:
            reader = pa.ipc.open_file(pa.memory_map(str(path)))
            names, batches = reader.schema.names, (reader.get_batch(at) for at in range(reader.num_record_batches))
        at = places(names, str(path))
        for batch in batches:
            times, *prices = (batch.column(place) for place in at)
            columns = {name: _values(each, pa.float64(), np.float64) for name, each in zip(_NAMES, prices, strict=True)}
            yield Frame(_times(times, path), columns)
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise StopError(f"can't read {path} as {found}: {error}") from None


def _values(column: Any, kind: Any, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """By way of the buffer: pyarrow's `to_numpy` imports pandas where it is installed (0.5 s, 49 MB)."""
    import pyarrow as pa  # noqa: PLC0415

    if column.null_count:
        raise ValueError(f"{column.null_count} cells are empty")
    if pa.types.is_decimal(column.type):  # the archive's; Arrow's own cast is off in the last bit of one in seven
        return np.array([float(value) for value in column.to_pylist()], dtype)
    converted = column.cast(kind)
    values = np.frombuffer(converted.buffers()[1], dtype)
    return values[converted.offset : converted.offset + len(converted)]


def _times(column: Any, path: Path) -> npt.NDArray[np.int64]:
    """As ms, whatever the unit; a time between two ms is refused."""
    import pyarrow as pa  # noqa: PLC0415

    kind = column.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise StopError(f"{path}: its times are {kind}: write them as timestamps or numbers")
    values = _values(column, pa.int64(), np.int64)
    if not len(values):
        return np.empty(0, dtype=np.int64)
    length = _UNITS[kind.unit if pa.types.is_timestamp(kind) else read_times(int(values[0]))[0]]
    if length > 0:
        return np.asarray(values * length, dtype=np.int64)
    if (values % -length).any():
        raise StopError(f"{path} has times between two milliseconds: no candle opens there")
    return np.asarray(values // -length, dtype=np.int64)


def _rows(path: Path, found: str) -> Iterator[Frame]:
    _, chunks = open_rows(path, found)
    for chunk in chunks:
        for row in chunk:
            if len(row.values) != 6 or row.values[0] is None or not all(type(v) is float for v in row.values[1:]):
                raise StopError(
                    f"{path}, line {row.line}: {row.cells} is no candle; `chandler candles import` sorts it out"
                )
        times, *prices = zip(*(row.values for row in chunk), strict=True)
        columns = {name: np.array(values, dtype=np.float64) for name, values in zip(_NAMES, prices, strict=True)}
        yield Frame(np.array(times, dtype=np.int64), columns)


def _require_candles(frame: Frame, series: Series, path: Path) -> None:
    """By the rule that decides what may be stored; the columns at once, row by row only to say which."""
    if _is_good(frame, series.step):
        return
    rows = zip(frame.timestamps.tolist(), *(frame[name].tolist() for name in _NAMES), strict=True)
    page = accept([list(row) for row in rows], series, Interval(0, LATEST_MS), LATEST_MS)
    if page.refused:
        row, reason = page.refused[0]
        hint = "is it of another timeframe?" if reason == OFF_THE_GRID else "`chandler candles import` sorts it out"
        raise StopError(f"{path}: {row} is no candle of {series}: {reason}; {hint}")


def _is_good(frame: Frame, step: int) -> bool:
    low, high = frame.low, frame.high
    return bool(
        (frame.timestamps % step == 0).all()
        and (low > 0).all()
        and (high < np.inf).all()
        and all(((low <= frame[name]) & (frame[name] <= high)).all() for name in ("open", "close"))
        and (frame.volume >= 0).all()
        and np.isfinite(frame.volume).all()
    )
