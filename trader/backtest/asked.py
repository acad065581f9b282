"""The rows on which a strategy is asked. Pure."""

from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """Ascending `rows` from first to before `end`: a range where it is asked on all."""

    rows: Sequence[int]
    end: int
    _among: Container[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_among", self.rows if isinstance(self.rows, range) else frozenset(self.rows))

    def __contains__(self, row: int) -> bool:
        return row in self._among

    def next(self, row: int) -> int:
        """The first of the rows from `row` on; `end` if there is none."""
        if isinstance(self.rows, range):
            return min(self.end, max(row, self.rows.start))
        place = bisect_left(self.rows, row)
        return self.rows[place] if place < len(self.rows) else self.end
