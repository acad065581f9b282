"""History as a Polars LazyFrame: a source that Polars asks for what it needs. The one module here that loads polars."""

from collections.abc import Callable, Iterator

import polars as pl
from polars.io.plugins import register_io_source

from shared.history.frames import COLUMNS
from shared.market import Frame

_SCHEMA = {"timestamp": pl.Int64, **dict.fromkeys(COLUMNS, pl.Float64)}


def lazy_frame(pieces: Callable[[], Iterator[Frame]]) -> pl.LazyFrame:
    """A frame with the columns of the table, `timestamp` in ms; read anew each time it is collected."""

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = n_rows
        for frame in pieces():
            found = pl.DataFrame({"timestamp": frame.timestamps, **{name: frame[name] for name in COLUMNS}})
            if left is not None:
                found = found.head(left)
                left -= len(found)
            if predicate is not None:
                found = found.filter(predicate)
            yield found if with_columns is None else found.select(with_columns)
            if left == 0:
                return

    return register_io_source(source, schema=_SCHEMA, is_pure=True)
