"""The bytes of the journal. Pure.

    file   = header | record | record ... | zeros or remains of an earlier generation
    header = twice: magic (8 bytes), generation (u64), CRC-32 of both (u32), 12 bytes of nothing
    record = mark (4 bytes), length of the body (u32), CRC-32 (u32), sequence (u64), body

The CRC of a record covers the generation and everything after the CRC itself, so a record of an earlier generation, or
one whose end never reached the disk, is none. Little-endian throughout.
"""

import struct
import zlib
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from shared.market import Candle, Closed, Interval, Series, Ticker

_MAGIC, _MARK = b"CHNDLRJ1", b"\xc7REC"
_HEADER = struct.Struct("<8sQI12x")
_RECORD = struct.Struct("<4sIIQ")
_CLOSED = struct.Struct("<B3BqqI")
_TICKER = struct.Struct("<B5Bqq")
_CANDLE = "q5d"
_IS_CLOSED, _IS_TICKER = 1, 2

HEADER_BYTES = 2 * _HEADER.size
Entry = Closed | Ticker


class Contents(NamedTuple):
    """What a journal's bytes hold: the entries, where the next record goes and its sequence, and how many bytes
    before that place are no records: damaged, but not the torn tail."""

    entries: list[Entry]
    end: int
    sequence: int
    damaged: int


def header(generation: int) -> bytes:
    """The first bytes of a journal's file; twice, since without them no record counts."""
    return 2 * _HEADER.pack(_MAGIC, generation, zlib.crc32(_HEADER.pack(_MAGIC, generation, 0)))


def generation(data: bytes) -> int | None:
    """The generation that a file's first bytes tell; None if they are no header."""
    for place in (0, _HEADER.size):
        if len(data) >= HEADER_BYTES:
            _magic, number, _crc = _HEADER.unpack_from(data, place)
            if data[place : place + _HEADER.size] == header(number)[: _HEADER.size]:
                return int(number)
    return None


def record(entry: Entry, generation: int, sequence: int) -> bytes:
    """One entry as it stands in the file."""
    body = _body(entry)
    return _RECORD.pack(_MARK, len(body), _crc(generation, sequence, body), sequence) + body


def contents(data: bytes, generation: int) -> Contents:
    """The entries of a file's bytes, header included.

    After bytes that are no record the next one is looked for, so that damage in the middle costs only what it hit;
    behind the last record lies the torn tail, if anything.
    """
    entries: list[Entry] = []
    place = end = HEADER_BYTES
    sequence = damaged = 0
    while (place := data.find(_MARK, place)) >= 0:
        body = _body_at(data, place, generation, sequence)
        if body is None:
            place += 1
            continue
        entries.append(_entry(body))
        sequence = _RECORD.unpack_from(data, place)[3] + 1
        damaged += place - end
        place = end = place + _RECORD.size + len(body)
    return Contents(entries, end, sequence, damaged)


def _body_at(data: bytes, place: int, generation: int, sequence: int) -> bytes | None:
    if place + _RECORD.size > len(data):
        return None
    _mark, length, crc, number = _RECORD.unpack_from(data, place)
    body = data[place + _RECORD.size : place + _RECORD.size + length]
    if number < sequence or len(body) < length or crc != _crc(generation, number, body):
        return None
    return body


def _crc(generation: int, sequence: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(struct.pack("<QQI", generation, sequence, len(body))))


def _body(entry: Entry) -> bytes:
    if isinstance(entry, Ticker):
        texts = _texts(entry.exchange, entry.symbol, *(str(price) for price in (entry.bid, entry.ask, entry.last)))
        lengths = map(len, texts)
        return _TICKER.pack(_IS_TICKER, *lengths, entry.timestamp, entry.received_at_us) + b"".join(texts)
    texts = _texts(*entry.series.key)
    head = _CLOSED.pack(_IS_CLOSED, *map(len, texts), *entry.coverage, len(entry.candles))
    candles = struct.pack("<" + _CANDLE * len(entry.candles), *chain.from_iterable(entry.candles))
    return head + b"".join(texts) + candles


def _entry(body: bytes) -> Entry:
    if body[0] == _IS_TICKER:
        _kind, *lengths, timestamp, received_at_us = _TICKER.unpack_from(body)
        (exchange, symbol, *prices), _end = _split(body, _TICKER.size, lengths)
        bid, ask, last = map(Decimal, prices)
        return Ticker(exchange, symbol, timestamp, bid, ask, last, received_at_us)
    _kind, *lengths, start, end, _count = _CLOSED.unpack_from(body)
    key, place = _split(body, _CLOSED.size, lengths)
    candles = [Candle(*values) for values in struct.iter_unpack("<" + _CANDLE, body[place:])]
    return Closed(Series(*key), Interval(start, end), candles)


def _texts(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def _split(body: bytes, place: int, lengths: Iterable[int]) -> tuple[list[str], int]:
    texts = []
    for length in lengths:
        texts.append(body[place : place + length].decode())
        place += length
    return texts, place
