"""Reading a file of candles: rows as they stand in it, a chunk at a time. What is a candle is for `accept` to say."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from shared.errors import StopError
from shared.files.columns import Reader, number, read_times
from shared.files.layout import is_header, places

CHUNK = 5_000
_DELIMITERS = ",;\t|"


class Row(NamedTuple):
    """A row: its line (CSV) or its number from 1, its values as [time ms, o, h, l, c, v], and its cells as they stand.

    The time is None if it can't be read like the file's first ones; there are no values if cells are missing.
    """

    line: int
    values: list[object]
    cells: list[Any]


@dataclass(frozen=True)
class Layout:
    """How the file is written: its format, its columns in a candle's order, and the unit of its times."""

    format: str
    columns: str
    times: str


Chunk = list[Row]


def open_rows(path: Path, file_format: str) -> tuple[Layout, Iterator[Chunk]]:
    """A file's layout and its rows, at most 5,000 in memory. StopError if it can't be read or holds no candles."""
    try:
        return _csv(path) if file_format == "csv" else _arrow(path, file_format)
    except OSError as error:
        raise StopError(f"can't read {path}: {error}") from None


def _csv(path: Path) -> tuple[Layout, Iterator[Chunk]]:
    with _text(path) as file:
        first = file.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    names = next(csv.reader([first], delimiter=delimiter), [])
    header = is_header(names)
    at = places(names, str(path)) if header else tuple(range(6))
    rows = _csv_rows(path, delimiter, skip=header)
    sample, rows = _sample(rows, at[0], path)
    unit, read = _times(sample, path)
    columns = " ".join(names[place] for place in at) if header else "no header: the first six in a candle's order"
    return Layout("csv", columns, unit), _chunks(rows, at, read)


def _csv_rows(path: Path, delimiter: str, *, skip: bool) -> Iterator[tuple[int, list[Any]]]:
    with _text(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:  # a field larger than any number
                yield reader.line_num, [f"unreadable: {error}"]
                continue
            except (OSError, EOFError, zlib.error) as error:
                raise StopError(f"{path} is damaged after line {reader.line_num}: {error}") from None
            if cells and not (skip and reader.line_num == 1):
                yield reader.line_num, cells


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """What is not UTF-8 reads as marks, which no number holds: one bad line must not hide the others."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="", errors="replace") as unpacked:
            yield unpacked
    else:
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            yield file


def _arrow(path: Path, file_format: str) -> tuple[Layout, Iterator[Chunk]]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - only these formats need it
    except ImportError:
        raise StopError(f"{path}: reading {file_format} needs pyarrow: install requirements/files.lock") from None
    try:
        schema, batches = _batches(path, file_format)
    except pa.ArrowException as error:
        raise StopError(f"can't read {path} as {file_format}: {error}") from None
    at = places(schema.names, str(path))
    kind = schema.field(at[0]).type
    rows = _arrow_rows(batches, at, path)
    sample, rows = _sample(rows, 0, path)
    unit, read = (f"{kind}", _whole_ms) if pa.types.is_timestamp(kind) else _times(sample, path)
    columns = " ".join(schema.names[place] for place in at)
    return Layout(file_format, columns, unit), _chunks(rows, tuple(range(6)), read)


def _batches(path: Path, file_format: str) -> tuple[Any, Iterator[Any]]:
    import pyarrow as pa  # noqa: PLC0415

    if file_format == "parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415

        file = pq.ParquetFile(path)
        return file.schema_arrow, file.iter_batches(batch_size=CHUNK)
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    return reader.schema, (reader.get_batch(number) for number in range(reader.num_record_batches))


def _arrow_rows(batches: Iterator[Any], at: tuple[int, ...], path: Path) -> Iterator[tuple[int, list[Any]]]:
    import pyarrow as pa  # noqa: PLC0415

    line = 0
    try:
        for whole in batches:
            for start in range(0, whole.num_rows, CHUNK):
                batch = whole.slice(start, CHUNK)
                times, *numbers = (batch.column(place) for place in at)
                lists = [_plain_times(times), *(column.to_pylist() for column in numbers)]
                for row in zip(*lists, strict=True):
                    line += 1
                    yield line, list(row)
    except pa.ArrowException as error:
        raise StopError(f"{path} is damaged after row {line}: {error}") from None


def _plain_times(column: Any) -> list[Any]:
    """Timestamps as ms, or as a text where they are between two; other columns as they are."""
    import pyarrow as pa  # noqa: PLC0415

    if not pa.types.is_timestamp(column.type):
        return list(column.to_pylist())
    length = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[column.type.unit]
    found = list[Any]()
    for value in column.cast(pa.int64()).to_pylist():
        ms, rest = divmod(value * length, 10**6) if value is not None else (None, 0)
        found.append(f"{value} {column.type.unit}" if rest else ms)
    return found


def _sample(rows: Iterator[tuple[int, list[Any]]], place: int, path: Path) -> tuple[Any, Iterator[Any]]:
    """The first readable time among the first rows, by which the others are read; and all rows again."""
    head = list(islice(rows, 100))
    if not head:
        raise StopError(f"{path} holds no rows")
    return [row[place] for _, row in head if len(row) > place], chain(head, rows)


def _times(sample: list[Any], path: Path) -> tuple[str, Reader]:
    told = "no value"
    for cell in sample:
        try:
            return read_times(cell)
        except ValueError as error:
            told = str(error)
    raise StopError(f"{path}: the first {len(sample)} rows hold no time that can be read: {told}")


def _chunks(rows: Iterator[tuple[int, list[Any]]], at: tuple[int, ...], read: Reader) -> Iterator[Chunk]:
    least, (when, *prices) = max(at) + 1, at
    while numbered := list(islice(rows, CHUNK)):
        yield [
            Row(line, [read(cells[when]), *(number(cells[place]) for place in prices)], cells)
            if len(cells) >= least
            else Row(line, [], cells)
            for line, cells in numbered
        ]


def _whole_ms(cell: Any) -> int | None:
    return cell if type(cell) is int else None
