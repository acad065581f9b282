"""What a strategy is shown, written down as it is shown it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from shared.errors import StopError
from shared.market import Frame, Indicator
from shared.market.frame import Column
from shared.trading import Position, Signal, Strategy


@dataclass
class Values:
    """Of a history of so many `rows`: on which the strategy was `asked`, and what the columns' newest values were then.

    `row` is the one being decided on.
    """

    rows: int
    row: int = 0
    columns: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked = np.zeros(self.rows, dtype=np.bool_)

    def column(self, name: str) -> Column:
        """NaN where the strategy was not asked."""
        if name not in self.columns:
            self.columns[name] = np.full(self.rows, np.nan)
        return self.columns[name]


class Seen(Strategy):
    """`told` itself, but for the note of what it was shown."""

    def __init__(self, told: Strategy, values: Values) -> None:
        super().__init__()
        self._told, self._values = told, values
        self._names = tuple(told.indicators())

    @property
    def warm_up(self) -> int:
        """Its own."""
        return self._told.warm_up

    def indicators(self) -> Mapping[str, str | Indicator]:
        """Its own."""
        return self._told.indicators()

    def decide(self, frame: Frame, position: Position) -> Signal:
        """As it decides."""
        if len(frame) != self.warm_up:
            raise StopError(f"it was shown {len(frame)} candles, its warm_up is {self.warm_up}: please report this")
        row = self._values.row
        self._values.asked[row] = True
        for name in self._names:
            self._values.column(name)[row] = frame[name][-1]
        return self._told.decide(frame, position)
