"""A window of candles and indicators, as a strategy sees it."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]


class Frame:
    """Columns of equal length, oldest row first; the last row is the candle being decided on.

    `frame.close[-1]` is that candle's close, `frame["rsi"][-2]` an indicator one candle earlier.
    """

    def __init__(self, timestamps: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        """`timestamps` are open times in ms; `columns` holds at least open, high, low, close, volume."""
        self.timestamps = timestamps
        self._columns = dict(columns)
        for name, column in self._columns.items():
            if len(column) != len(timestamps):
                raise ValueError(f"column {name!r} has {len(column)} rows, the frame has {len(timestamps)}")

    def __len__(self) -> int:
        return len(self.timestamps)

    def __getitem__(self, name: str) -> Column:
        try:
            return self._columns[name]
        except KeyError:
            raise KeyError(f"no column {name!r}; the frame has {', '.join(self._columns)}") from None

    @property
    def open(self) -> Column:
        """Opening prices."""
        return self["open"]

    @property
    def high(self) -> Column:
        """Highest prices."""
        return self["high"]

    @property
    def low(self) -> Column:
        """Lowest prices."""
        return self["low"]

    @property
    def close(self) -> Column:
        """Closing prices."""
        return self["close"]

    @property
    def volume(self) -> Column:
        """Volumes in the base asset."""
        return self["volume"]

    def with_columns(self, columns: Mapping[str, Column]) -> "Frame":
        """The same rows with further columns, indicators for example."""
        return Frame(self.timestamps, {**self._columns, **columns})

    def until(self, row: int) -> "Frame":
        """The rows before `row`: what was known when the candle at `row - 1` closed."""
        return Frame(self.timestamps[:row], {name: column[:row] for name, column in self._columns.items()})

    def last(self, count: int) -> "Frame":
        """The newest `count` rows, all if there are fewer."""
        first = max(0, len(self) - count)
        return Frame(self.timestamps[first:], {name: column[first:] for name, column in self._columns.items()})


#: Computes a column, one value for each row, NaN where there is none yet.
Indicator = Callable[[Frame], Column]
