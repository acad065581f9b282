"""Throw-away copies of sealed months that need no decoding: uncompressed Arrow files, mapped into memory.

Any of them may go at any time (`chandler history clear`); the next reader makes it again. A copy is named after the
checksum of the month's file, so that one of an older sealing is never taken, and holds sums of its own values: a copy
that was damaged on disk is thrown away, not believed.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from shared.archive.place import series_directory
from shared.history.arrow import batch_of, frame_of
from shared.history.frames import COLUMNS
from shared.market import Frame, Series

_log = logging.getLogger(__name__)

_SUMS = b"sums"
_DIGITS = 16


def copy_file(month_file: Path, sha256: str) -> Path:
    """Where the copy of a month lies; `month_file` is the month's place below the directory of copies."""
    return month_file.with_name(f"{month_file.stem}.{sha256[:_DIGITS]}.arrow")


def open_copy(path: Path) -> Frame | None:
    """The columns, read-only and mapped; None if there is no copy, or no whole one, which is removed."""
    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            sums = (reader.schema.metadata or {}).get(_SUMS, b"").decode()
            frame = frame_of(reader.get_batch(0))
    except FileNotFoundError:
        return None
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        _discard(path, str(error))
        return None
    if _sums(frame) != sums:
        _discard(path, "its values do not add up")
        return None
    return frame


def keep_copy(path: Path, frame: Frame) -> None:
    """Write a month's copy beside the others, and drop those of older sealings; a disk that refuses is no error.

    Several processes may do so at once: each writes a file of its own, and the last rename wins. It is not synced to
    the disk: after a crash the sums tell.
    """
    batch = batch_of(frame).replace_schema_metadata({_SUMS: _sums(frame)})
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with pa.OSFile(str(unfinished), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        unfinished.replace(path)
        for other in siblings(path):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError as error:
        _log.info("no copy of a month was kept at %s: %s", path, error)
        with suppress(OSError):
            unfinished.unlink()


def copies_below(copies: Path, series: Series) -> list[Path]:
    """All copies of a series, unfinished ones that a killed process left included."""
    directory = series_directory(copies, series)
    return sorted([*directory.glob("*.arrow"), *directory.glob(".*.arrow.*.part")])


def bytes_of(copies: Iterable[Path]) -> int:
    """How much room they take; one that another process has removed since it was listed takes none."""
    total = 0
    for copy in copies:
        with suppress(FileNotFoundError):
            total += copy.stat().st_size
    return total


def siblings(path: Path) -> Iterator[Path]:
    """All copies of the same month, of whichever sealing."""
    return path.parent.glob(f"{path.name.split('.', maxsplit=1)[0]}.*.arrow")


def _discard(path: Path, why: str) -> None:
    _log.warning("the copy %s is damaged (%s); it is thrown away and made again", path, why)
    with suppress(OSError):
        path.unlink()


def _sums(frame: Frame) -> str:
    """Of each column, the sum of its words, and how many they are: no single change leaves it as it was."""
    columns = (frame.timestamps, *(frame[name] for name in COLUMNS))
    return " ".join(f"{int(np.add.reduce(each.view(np.uint64))):x}/{len(each)}" for each in columns)
