"""What a strategy is shown of a long frame, cut out only where it looks."""

from collections.abc import Mapping

from shared.market import Frame
from shared.market.frame import Column


class Window(Frame):
    """The rows from `start` to `end` of a frame: a column is cut when it is asked for."""

    def __init__(self, whole: Frame, start: int, end: int) -> None:  # no column is looked at: that is the point
        self._whole, self._start, self._end = whole, start, end
        self.timestamps = whole.timestamps[start:end]

    def __getitem__(self, name: str) -> Column:
        return self._whole[name][self._start : self._end]

    def with_columns(self, columns: Mapping[str, Column]) -> Frame:
        """The same rows with further columns."""
        return self._cut().with_columns(columns)

    def until(self, row: int) -> Frame:
        """The rows before `row`."""
        return self._cut().until(row)

    def last(self, count: int) -> Frame:
        """The newest `count` rows, all if there are fewer."""
        return Window(self._whole, max(self._start, self._end - count), self._end)

    def _cut(self) -> Frame:
        return self._whole.until(self._end).last(self._end - self._start)
