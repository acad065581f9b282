"""Pages of candles made wrong: pure functions from rows to rows.

A row is a list: open time (ms, s or a text of either), open, high, low, close, volume, and whatever follows.
"""

from collections.abc import Callable
from typing import Any, Final

Row = list[Any]
Roll = Callable[[], float]

_SHARE: Final = 0.2  # of the rows of a page with bad rows


def off_grid(rows: list[Row], _: Roll) -> list[Row]:
    """Every open time 1.5 s later; what comes in whole seconds a second later."""
    return [[_moved(row[0], 1_500 if float(row[0]) > 1e11 else 1), *row[1:]] for row in rows]


def unordered(rows: list[Row], roll: Roll) -> list[Row]:
    """The same rows in another order, drawn anew."""
    return sorted(rows, key=lambda _: roll())


def bad_rows(rows: list[Row], roll: Roll) -> list[Row]:
    """A drawn fifth of the rows, but the first at least, spoilt each in a drawn way."""
    spoilt: list[Row] = []
    for number, row in enumerate(rows):
        bad = number == 0 or roll() < _SHARE
        spoilt += _WAYS[int(roll() * len(_WAYS))](row) if bad else [row]
    return spoilt


SPOILERS: Final[dict[str, Callable[[list[Row], Roll], list[Row]]]] = {
    "off_grid": off_grid,
    "unordered": unordered,
    "bad_rows": bad_rows,
}


def _upside_down(row: Row) -> list[Row]:
    return [[row[0], row[1], row[3], row[2], *row[4:]]]


def _zero(row: Row) -> list[Row]:
    return [[*row[:4], type(row[4])(0), *row[5:]]]


def _no_number(row: Row) -> list[Row]:
    return [[*row[:4], "NaN", *row[5:]]]


def _other_unit(row: Row) -> list[Row]:
    """Seconds for milliseconds, milliseconds for seconds."""
    time = int(row[0])
    other = time // 1000 if time > 1e11 else time * 1000
    return [[type(row[0])(other), *row[1:]]]


def _twice(row: Row) -> list[Row]:
    """The row, and once more with another close inside its range."""
    other = row[2] if row[4] != row[2] else row[3]
    return [row, [*row[:4], other, *row[5:]]]


_WAYS: Final = (_upside_down, _zero, _no_number, _other_unit, _twice)


def _moved(time: Any, by: int) -> Any:
    return type(time)(int(time) + by)
