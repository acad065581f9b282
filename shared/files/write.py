"""Writing a file of candles: a chunk at a time, and under its name only once it is whole."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.errors import StopError
from shared.market import Candle

#: Takes candles, or rows that begin as one does and go on with what else there is.
Write = Callable[[Sequence[Candle] | Sequence[tuple[object, ...]]], None]
_PRICES = ("open", "high", "low", "close", "volume")


@contextmanager
def writing(path: Path, file_format: str, further: tuple[str, ...] = ()) -> Iterator[Write]:
    """Takes chunks of candles; the file appears, or replaces the one there, when the block ends without an error.

    CSV: a header, `timestamp` in ms, numbers so that they read back to the bit. Parquet and Feather: `date` in ms UTC,
    then open, high, low, close, volume as doubles, which is freqtrade's layout. `further` columns of doubles follow.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        names = (*_PRICES, *further)
        with _csv(unfinished, names) if file_format == "csv" else _arrow(unfinished, file_format, names) as write:
            yield write
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StopError(f"can't write {path}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path, names: tuple[str, ...]) -> Iterator[Write]:
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("timestamp", *names))
        yield writer.writerows


@contextmanager
def _arrow(path: Path, file_format: str, names: tuple[str, ...]) -> Iterator[Write]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - only these formats need it
    except ImportError:
        raise StopError(f"{path}: writing {file_format} needs pyarrow: install requirements/files.lock") from None
    schema = pa.schema([("date", pa.timestamp("ms", tz="UTC")), *((name, pa.float64()) for name in names)])
    with _arrow_writer(path, file_format, schema) as writer:

        def write(candles: Sequence[Candle] | Sequence[tuple[object, ...]]) -> None:
            columns = [list(column) for column in zip(*candles, strict=True)] or [[] for _ in schema]
            writer.write_batch(pa.record_batch(columns, schema=schema))

        yield write


def _arrow_writer(path: Path, file_format: str, schema: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if file_format == "parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415

        return pq.ParquetWriter(path, schema, compression="zstd")
    return pa.ipc.new_file(str(path), schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))
