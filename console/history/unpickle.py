"""Run as a program by `convert` (IN.pkl OUT parquet|feather), never imported: writes the table that a pickle holds."""

import pickle
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather
from pyarrow import parquet as pq

_NAMES = ("timestamp", "open", "high", "low", "close", "volume")


def main(source: str, target: str, kind: str) -> None:
    """Nothing of Chandler is loaded here, least of all its configuration."""
    with Path(source).open("rb") as file:
        held = pickle.load(file)  # noqa: S301 - its owner trusts it; see convert.py
    table = table_of(held)
    if kind == "parquet":
        pq.write_table(table, target)
    else:
        feather.write_feather(table, target)


def table_of(held: Any) -> Any:
    """A data frame, columns by name, rows by name, or plain rows in a candle's order, as a table."""
    if hasattr(held, "reset_index"):  # pandas, which a pickle of its own brings along
        named = held.index.name is not None or "datetime" in str(held.index.dtype)
        return pa.Table.from_pandas(held.reset_index() if named else held, preserve_index=False)
    if hasattr(held, "to_arrow"):  # polars
        return held.to_arrow()
    if isinstance(held, dict):
        return pa.table({str(name): list(column) for name, column in held.items()})
    rows = [row if isinstance(row, dict) else list(row) for row in held]
    if rows and isinstance(rows[0], dict):
        return pa.Table.from_pylist(rows)
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(_NAMES)})


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - a foreign pickle can raise anything; its one line is told
        sys.exit(f"{type(error).__name__}: {error}")
