"""One published file: fetched, held against its checksum, and read some rows at a time."""

import csv
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain, islice, repeat
from operator import floordiv, mod
from typing import IO, Any

import aiohttp

from shared.errors import RetryError
from shared.files.columns import number

#: About as long as a page of REST: the transaction of so many rows keeps no trader waiting.
_ROWS = 1_000
#: A file of the length we take has some MB; a wrong one must not fill the disk.
_PIECE, _MOST_BYTES = 1 << 18, 24 << 20
_HEADER = "open_time"
_MICROSECOND_DIGITS = 16
#: What zipfile and csv raise when bytes have changed.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, csv.Error,
    EOFError, LookupError, OSError, RuntimeError, ValueError,
)  # fmt: skip


class AbsentError(RetryError):
    """The publisher has no such file (yet)."""


class DamagedError(RetryError):
    """A file came that is not what it should be."""


async def download(session: aiohttp.ClientSession, url: str, place: IO[bytes]) -> None:
    """Write a file to `place`; DamagedError if its checksum is not the published one, AbsentError if none is."""
    promised = (await _fetch(session, f"{url}.CHECKSUM")).split()[:1]
    digest, size = hashlib.sha256(), 0
    async with session.get(url) as answer:
        answer.raise_for_status()
        async for piece in answer.content.iter_chunked(_PIECE):
            digest.update(piece)
            size += place.write(piece)
            if size > _MOST_BYTES:
                raise DamagedError(f"{url}: more than {_MOST_BYTES} bytes, which no file of that name has")
    if promised != [digest.hexdigest().encode()]:
        told = promised[0][:64].decode(errors="replace") if promised else "nothing"
        raise DamagedError(f"{url}: its SHA-256 is {digest.hexdigest()}, but {told} is published")


def chunks(place: IO[bytes]) -> Iterator[list[object]]:
    """The rows of a zipped CSV as `accept` takes them; DamagedError if it can't be read (any further).

    Times come out in ms whatever the unit (microseconds since 2025), numbers as doubles, the rest as it stands there.
    """
    try:
        with zipfile.ZipFile(place) as archive, archive.open(archive.namelist()[0]) as member:
            yield from _parsed(csv.reader(io.TextIOWrapper(member, encoding="ascii", errors="replace")))
    except _BROKEN as error:
        raise DamagedError(f"is no zip of a CSV: {type(error).__name__}: {error}") from error


async def _fetch(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url) as answer:
        if answer.status == 404:
            raise AbsentError(f"{url}: not published")
        answer.raise_for_status()
        return await answer.content.read(1_000)


def _parsed(lines: Iterator[list[str]]) -> Iterator[list[object]]:
    first = next(lines, [])
    if first[:1] != [_HEADER]:
        lines = chain([first] if first else [], lines)
    while some := list(islice(lines, _ROWS)):
        yield _by_columns(some) or [_row(line) for line in some]


def _by_columns(lines: list[list[str]]) -> list[object] | None:
    """The same as of each line `_row`, in half the time; None if one of them is out of the ordinary."""
    try:
        times, *numbers = list(zip(*lines, strict=True))[:6]
        opens = list(map(int, times)) if all(map(str.isdecimal, times)) and all(map(str.isascii, times)) else []
        columns = [list(map(float, column)) for column in numbers]
    except ValueError:
        return None
    lengths = set(map(len, times))
    if lengths == {_MICROSECOND_DIGITS} and not any(map(mod, opens, repeat(1_000))):
        opens = list(map(floordiv, opens, repeat(1_000)))
    elif max(lengths) >= _MICROSECOND_DIGITS:
        return None
    return list(zip(opens, *columns, strict=True)) if opens else None


def _row(line: list[str]) -> Any:
    if not line or not line[0].isdecimal():
        return line
    try:
        return (_ms(line[0]), *map(float, line[1:6]))
    except ValueError:
        return (_ms(line[0]), *map(number, line[1:6]))


def _ms(cell: str) -> int | str:
    """A time in ms or whole microseconds as ms; another as it is, for `accept` to refuse."""
    if len(cell) == _MICROSECOND_DIGITS and cell.isascii():
        return cell if int(cell) % 1_000 else int(cell) // 1_000
    return int(cell) if len(cell) < _MICROSECOND_DIGITS else cell
