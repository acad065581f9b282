"""Candles in files: CSV, Parquet and Feather, read and written in chunks. Knows no database."""

from shared.files.columns import read_times
from shared.files.layout import FORMATS, file_format, named_series
from shared.files.read import Chunk, Layout, Row, open_rows
from shared.files.write import writing

__all__ = [
    "FORMATS",
    "Chunk",
    "Layout",
    "Row",
    "file_format",
    "named_series",
    "open_rows",
    "read_times",
    "writing",
]
