"""The journal's file: space set aside beforehand, appended to durably, emptied when its entries are in the database."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from shared.errors import RetryError, StopError
from shared.journal.records import HEADER_BYTES, Contents, Entry, contents, generation, header, record

_NAME = "spill.journal"
_MEGABYTE = 1_000_000


class JournalBusyError(RetryError):
    """Another process has the journal open: the backfiller, or a load."""


class JournalStatus(NamedTuple):
    """What an operator wants to know: how many entries wait in how many bytes, of how many that are set aside;
    how many bytes are damaged; and whether a process has the journal open."""

    entries: int
    used: int
    reserved: int
    damaged: int
    busy: bool


class Journal:
    """Open for appending and emptying; a lock on the file keeps other processes out until `close` or their end.

    The space is allocated when the journal is opened, so that a disk that fills up later does not stop it. A journal
    that is full takes as much again, if the disk has it, and gives it back when it is emptied.
    """

    def __init__(self, directory: Path, megabytes: int = 64) -> None:
        """Open or make the journal of a directory; a torn tail is cut off.

        JournalBusyError if another process has it, RetryError if the disk has no room even for the beginning of one,
        StopError if its place can't be written at all or what lies there is no journal.
        """
        self.path = directory / _NAME
        self._reserve = megabytes * _MEGABYTE
        self._size, self._end = 0, HEADER_BYTES
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise StopError(f"can't write the journal {self.path}: {error.strerror}; see paths.journal") from error
        try:
            _lock(self._file, self.path)
            self._begin()
        except BaseException:
            os.close(self._file)
            raise

    @property
    def entries(self) -> int:
        """How many entries wait."""
        return self._entries

    @property
    def torn(self) -> int:
        """How many bytes of the tail were cut off when it was opened: an append that never came to its end."""
        return self._torn

    @property
    def reserved(self) -> int:
        """Bytes set aside; less than asked for if the disk was too full when it was opened."""
        return self._size

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries and wait until the disk has them; RetryError if it does not take them, and none counts."""
        data = b"".join(record(entry, self._generation, number) for number, entry in enumerate(entries, self._sequence))
        with self._explained("written"):
            self._grow(self._end + len(data))
            _write(self._file, data, self._end)
            os.fdatasync(self._file)
        self._end += len(data)
        self._sequence += len(entries)
        self._entries += len(entries)

    def read(self) -> Contents:
        """Everything that waits, oldest first."""
        with self._explained("read"):
            return contents(_read(self._file, self._end), self._generation)

    def empty(self) -> None:
        """Forget everything: it is in the database. The space stays set aside."""
        with self._explained("emptied"):
            _write(self._file, header(self._generation + 1), 0)
            os.fdatasync(self._file)
            self._generation += 1
            used, self._end, self._sequence, self._entries = self._end, HEADER_BYTES, 0, 0
            _write(self._file, bytes(used - HEADER_BYTES), HEADER_BYTES)
            if self._size > self._reserve:
                os.ftruncate(self._file, self._reserve)
                self._size = self._reserve

    def close(self) -> None:
        """Let others have it."""
        os.close(self._file)

    def _begin(self) -> None:
        with self._explained("opened"):
            data = _read(self._file)
            found = generation(data)
            if found is None and data.rstrip(b"\0"):
                raise StopError(f"{self.path} is no journal, or its beginning is damaged: move it away and look at it")
            self._size, self._generation = len(data), found or 1
            held = contents(data, self._generation)
            self._end, self._sequence, self._entries = held.end, held.sequence, len(held.entries)
            self._torn = len(data.rstrip(b"\0")) - held.end if found else 0
            if self._torn > 0:
                _write(self._file, bytes(self._torn), self._end)
            self._torn = max(0, self._torn)
            if found is None:
                _write(self._file, header(1), 0)
                self._size = max(self._size, HEADER_BYTES)
            with suppress(OSError):
                self._grow(self._reserve)
            os.fsync(self._file)

    def _grow(self, needed: int) -> None:
        if needed > self._size:
            more = max(self._reserve, needed - self._size) if self._size >= self._reserve else needed - self._size
            _allocate(self._file, self._size, more)
            self._size += more

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RetryError(f"the journal {self.path} can't be {verb}: {error.strerror}; free some disk") from error


def look(directory: Path) -> JournalStatus | None:
    """What a journal holds, without opening it for oneself; None if there is none. StopError if it can't be read."""
    path = directory / _NAME
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StopError(f"can't read the journal {path}: {error.strerror}") from error
    try:
        data = _read(file)
        found = generation(data)
        held = contents(data, found) if found is not None else Contents([], 0, 0, len(data.rstrip(b"\0")))
        return JournalStatus(
            len(held.entries), max(0, held.end - HEADER_BYTES), len(data), held.damaged, _is_locked(file)
        )
    finally:
        os.close(file)


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalBusyError(
            f"another process has the journal {path}: a running backfiller empties it by itself as soon as the database"
            " can be written"
        ) from None


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _read(file: int, size: int | None = None) -> bytes:
    wanted = os.fstat(file).st_size if size is None else size
    parts, place = [], 0
    while place < wanted and (part := os.pread(file, wanted - place, place)):
        parts.append(part)
        place += len(part)
    return b"".join(parts)


def _write(file: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, place)
        view, place = view[written:], place + written


def _allocate(file: int, place: int, length: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, place, length)
    else:
        os.ftruncate(file, place + length)
