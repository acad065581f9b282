"""`chandler indicators`: a file of candles with columns of indicators added. It needs no database."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from console import words
from shared.errors import StopError
from shared.files import file_format, open_rows, writing
from shared.files.read import Row
from shared.indicators import Named, indicator, with_indicators
from shared.market import Frame, Indicator

_PRICES = ("open", "high", "low", "close", "volume")
_CHUNK = 10_000


def add_indicators(source: Path, target: Path, specs: Sequence[str], *, replace: bool) -> int:
    """Write the candles of `source` and a column for each output the specs name to `target`; formats by their suffixes.

    StopError says which spec, or which line of the file, is wrong; nothing is written then.
    """
    if target.exists() and not replace:
        raise StopError(f"{target} exists; --replace writes it anew")
    wanted, written_as = columns_of(specs), file_format(target, None)
    frame = with_indicators(candles_of(source), wanted)
    with writing(target, written_as, tuple(wanted)) as write:
        for start in range(0, len(frame), _CHUNK):
            write(list(_rows(frame, wanted, start, empty=written_as == "csv")))
    print(f"{target}: {words.several(len(frame), 'candle')} with {', '.join(wanted)}")
    return 0


def columns_of(specs: Sequence[str]) -> dict[str, Indicator]:
    """Column -> indicator. `macd:12,26,9` is a column for each output, `macd.signal:12,26,9` or `NAME=SPEC` one."""
    found = dict[str, Indicator]()
    for text in specs:
        given, equals, spec = text.rpartition("=")
        try:
            made = _named(spec, given) if equals else _all(spec)
        except ValueError as error:
            raise StopError(str(error)) from None
        if twice := next((name for name in made if name in found or name in ("timestamp", "date", *_PRICES)), None):
            raise StopError(f"{text!r} would be a second column {twice!r}; write NAME={spec}")
        found |= made
    return found


def candles_of(path: Path) -> Frame:
    """The candles of a file, with whatever names and times; empty cells are NaN. StopError names the first bad line."""
    _, chunks = open_rows(path, file_format(path, None))
    tables = [np.array([_numbers(row, path) for row in chunk]) for chunk in chunks]
    table = np.ascontiguousarray(np.concatenate(tables).T) if tables else np.empty((6, 0))
    timestamps = table[0].astype(np.int64)
    if (backwards := np.flatnonzero(np.diff(timestamps) <= 0)).size:
        before, after = timestamps[backwards[0] : backwards[0] + 2].tolist()
        raise StopError(f"{path}: candles must ascend, but {words.moment(after)} follows {words.moment(before)}")
    return Frame(timestamps, dict(zip(_PRICES, table[1:], strict=True)))


def _named(spec: str, name: str) -> dict[str, Indicator]:
    if not name:
        raise ValueError(f"={spec}: write NAME={spec}")
    return {name: indicator(spec)}


def _all(spec: str) -> dict[str, Indicator]:
    """A column for each output where the spec names none: `macd_12_26_9`, `macd_signal_12_26_9`."""
    found = indicator(spec)
    if not isinstance(found, Named):
        return {spec.translate(str.maketrans(":.,", "___")): found}
    outputs = [found.output] if "." in spec.partition(":")[0] else found.kernel.outputs
    return {_column(found, output): Named(found.name, found.parameters, output) for output in outputs}


def _column(named: Named, output: str) -> str:
    parts = [named.name, *([] if output == named.name else [output]), *(f"{number:g}" for number in named.parameters)]
    return "_".join(parts)


def _numbers(row: Row, path: Path) -> list[float]:
    if not row.values or row.values[0] is None:
        raise StopError(f"{path}, line {row.line}: no candle with a time that can be read: {row.cells}")
    numbers = [np.nan if value in ("", None) else value for value in row.values]
    if wrong := next((value for value in numbers if not isinstance(value, float | int)), None):
        raise StopError(f"{path}, line {row.line}: {wrong!r} is not a number")
    return numbers  # type: ignore[return-value]  # that has just been looked at


def _rows(frame: Frame, wanted: Mapping[str, Indicator], start: int, *, empty: bool) -> Iterator[tuple[object, ...]]:
    """Rows from `start` on; in a CSV a cell without a value is empty."""
    end = start + _CHUNK
    columns = [frame[name][start:end].tolist() for name in (*_PRICES, *wanted)]
    if empty:
        columns = [[None if value != value else value for value in column] for column in columns]  # noqa: PLR0124 - NaN
    return zip(frame.timestamps[start:end].tolist(), *columns, strict=True)
