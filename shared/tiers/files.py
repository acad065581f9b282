"""Rows in a Parquet file and back: text as text (money is), whole numbers and doubles to the bit."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Double, Table

from shared.errors import RepairError, StopError

Rows = list[tuple[Any, ...]]
#: Of files; whoever reads refuses a newer one.
SCHEMA = 1
_FOOTER = "chandler"
_ROW_GROUP = 20_000


@dataclass(frozen=True)
class Contents:
    """What a file holds, as its footer says; `rows_sha256` is of the rows in the file's order (`digest`)."""

    table: str
    rows: int
    rows_sha256: str


def write_rows(path: Path, table: Table, batches: Iterable[Rows], level: int) -> Contents:
    """Write whole rows of a table, `level` of zstd; not synced: that is the caller's."""
    pa, pq = arrow()
    schema = pa.schema([pa.field(column.name, _kind(column.type)) for column in table.columns])
    options: dict[str, Any] = {"compression": "zstd", "compression_level": level, "write_page_checksum": True}
    total, rows = hashlib.sha256(), 0
    with pq.ParquetWriter(path, schema, **options) as writer:
        for batch in _regrouped(batches):
            columns = zip(*batch, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            _add(total, batch)
            rows += len(batch)
        contents = Contents(table.name, rows, total.hexdigest())
        writer.add_key_value_metadata({_FOOTER: json.dumps({"schema_version": SCHEMA, **vars(contents)})})
    return contents


def read_contents(path: Path) -> Contents:
    """What the footer says; RepairError if there is none, or it is not ours."""
    with _opened(path) as file:
        told = (file.metadata.metadata or {}).get(_FOOTER.encode(), b"{}")
        plain = json.loads(told)
        if plain.pop("schema_version", 0) > SCHEMA:
            raise RepairError(f"{path} is of a newer Chandler: upgrade to read it")
        return Contents(**plain)


def read_rows(
    path: Path,
    columns: Sequence[str],
    *,
    between: tuple[str, int, int] | None = None,
    among: Mapping[str, Iterable[str]] | None = None,
) -> Iterator[Rows]:
    """Rows in the file's order, some columns of them: RepairError, which says what is wrong, if it can't be read.

    `between` is a column and its bounds (first, end), `among` a few columns and the texts they may have.
    """
    pa, _ = arrow()
    import pyarrow.compute as pc  # noqa: PLC0415

    asked = [*columns, *({between[0]} if between else set()), *(among or {})]
    with _opened(path) as file:
        for group in range(file.num_row_groups):
            if between and not _overlaps(file, group, *between):
                continue
            found = file.read_row_group(group, columns=list(dict.fromkeys(asked)), use_threads=False)
            if between:
                name, first, end = between
                found = found.filter((pc.field(name) >= first) & (pc.field(name) < end))
            for name, texts in (among or {}).items():
                found = found.filter(pc.field(name).isin(pa.array(list(texts), pa.string())))
            if found.num_rows:
                yield list(zip(*(found.column(name).to_pylist() for name in columns), strict=True))


def digest(batches: Iterable[Rows]) -> tuple[int, str]:
    """How many rows, and SHA-256 of each row's `repr` on a line: texts, whole numbers, doubles and None."""
    total, rows = hashlib.sha256(), 0
    for batch in batches:
        _add(total, batch)
        rows += len(batch)
    return rows, total.hexdigest()


def arrow() -> tuple[Any, Any]:
    """pyarrow; StopError without it."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - 40 MB that only those with aged rows need
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise StopError("rows that have left the database need pyarrow: install requirements/files.lock") from None
    return pa, pq


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file; what goes wrong while it is read becomes a RepairError that names it."""
    pa, pq = arrow()
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        brief = str(error).strip().split("\n", maxsplit=1)[0][:200] or type(error).__name__
        raise RepairError(f"{path} can't be read: {brief}: `chandler tiers verify` says more") from None


def _regrouped(batches: Iterable[Rows]) -> Iterator[Rows]:
    """The same rows in row groups of one size."""
    waiting: Rows = []
    for batch in batches:
        waiting += batch
        while len(waiting) >= _ROW_GROUP:
            yield waiting[:_ROW_GROUP]
            waiting = waiting[_ROW_GROUP:]
    if waiting:
        yield waiting


def _kind(kind: Any) -> Any:
    pa, _ = arrow()
    if isinstance(kind, BigInteger):
        return pa.int64()
    return pa.float64() if isinstance(kind, Double) else pa.string()


def _overlaps(file: Any, group: int, name: str, first: int, end: int) -> bool:
    """Whether a row group may hold such a value, by its statistics."""
    place = file.schema_arrow.get_field_index(name)
    told = file.metadata.row_group(group).column(place).statistics
    return told is None or not told.has_min_max or (told.min < end and told.max >= first)


def _add(total: Any, batch: Rows) -> None:
    total.update("".join(f"{row!r}\n" for row in batch).encode())
