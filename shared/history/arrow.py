"""Frames as Arrow batches and back; nothing is copied.

By way of buffers: pyarrow's own `array` and `to_numpy` import pandas where it is installed, which takes half a second
and 49 MB.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from shared.history.frames import COLUMNS
from shared.market import Frame

SCHEMA = pa.schema([("timestamp", pa.int64()), *((name, pa.float64()) for name in COLUMNS)])


def batch_of(frame: Frame) -> Any:
    """A record batch: `timestamp` in ms, then prices and volume, as in the table."""
    columns = (frame.timestamps, *(frame[name] for name in COLUMNS))
    arrays = [
        pa.Array.from_buffers(field.type, len(frame), [None, pa.py_buffer(np.ascontiguousarray(column))])
        for field, column in zip(SCHEMA, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def frame_of(batch: Any) -> Frame:
    """The columns of a batch that begins where its memory begins, read-only; KeyError if it is not of this schema."""
    if not batch.schema.equals(SCHEMA):
        raise KeyError(f"columns are {', '.join(batch.schema.names)}")
    times, *prices = (
        np.frombuffer(column.buffers()[1], field.type.to_pandas_dtype(), batch.num_rows)
        for field, column in zip(SCHEMA, batch.columns, strict=True)
    )
    return Frame(times, dict(zip(COLUMNS, prices, strict=True)))
