"""From what stands in a file to what a candle is made of: times of any unit, numbers in text. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
#: Largest time of each unit, and its length in nanoseconds: a time of 1973 to 5138 can be one of them only.
_UNITS = (("s", 10**11, _SECOND), ("ms", 10**14, 1_000_000), ("us", 10**17, 1_000), ("ns", 2**63, 1))
_SMALLEST = 10**8

Reader = Callable[[Any], int | None]


def read_times(sample: Any) -> tuple[str, Reader]:
    """How times are written, judged by one of them, and what reads such a time: as ms UTC, None if it can't.

    Numbers are told apart by their magnitude: `s`, `ms`, `us` or `ns`; text is ISO 8601, UTC if it does not say.
    A time of another kind than the sample reads as None, so that a file that mixes them is noticed.
    ValueError if the sample is no time at all.
    """
    number = _whole(sample)
    if number is not None:
        for unit, largest, length in _UNITS:
            if _SMALLEST <= number < largest:
                return unit, _reader(largest, length)
        raise ValueError(f"{sample!r} is no time in seconds, ms, us or ns since 1970")
    if _iso(sample) is None:
        raise ValueError(f"{str(sample)[:40]!r} is neither a number nor an ISO 8601 time")
    return "iso", _iso


def number(cell: Any) -> Any:
    """A number written in a cell, a decimal as the double nearest to it; all else as it is, for `accept` to refuse."""
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, str) and "_" not in cell:
        try:
            return float(cell)
        except ValueError:
            return cell
    return cell


def _reader(largest: int, length: int) -> Reader:
    smallest = max(_SMALLEST, largest // 1_000)

    def read(cell: Any) -> int | None:
        number = _whole(cell)
        if number is None or not smallest <= number < largest:
            return None
        ms, rest = divmod(number * length, 1_000_000)
        return None if rest else ms

    return read


def _iso(cell: Any) -> int | None:
    try:
        moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(cell.strip())
    except (AttributeError, ValueError):
        return None
    ms, rest = divmod((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH, timedelta(milliseconds=1))
    return None if rest else ms


def _whole(cell: Any) -> int | None:
    """An integer, also one written as text or as a float without a fraction."""
    if type(cell) is int:
        return cell
    if isinstance(cell, str):
        cell = cell.strip()
        if cell.isascii() and cell.isdecimal():
            return int(cell) if len(cell) < 20 else None
        try:
            cell = float(cell) if "_" not in cell else None
        except ValueError:
            return None
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53 else None
