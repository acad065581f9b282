"""The interface a strategy implements; users import it as `from chandler import Strategy`. See docs/strategies.md."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from shared.market import Frame, Indicator
from shared.trading.position import Position
from shared.trading.signal import Signal

#: Of each row of a frame, whether something may happen there.
Rows = npt.NDArray[np.bool_]


class Strategy(ABC):
    """Code that looks at closed candles and decides.

    A strategy keeps no state of its own: everything it may use stands in the frame and the position, so that
    a restart, a replica and a backtest decide alike. `chandler strategies check` finds most of those that do.
    """

    class Parameters(BaseModel):
        """The parameters a strategy takes: none, unless it has a `class Parameters(Strategy.Parameters)`.

        Unknown names and wrong types are refused.
        """

        model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        """`parameters` as the config has them; pydantic's ValidationError names what is wrong with them."""
        self.parameters: Any = self.Parameters.model_validate(dict(parameters or {}))

    @property
    @abstractmethod
    def warm_up(self) -> int:
        """How many candles `decide` must see before its indicators can be trusted: so many rows the frame has."""

    def indicators(self) -> Mapping[str, str | Indicator]:
        """Columns to add to the frame: name -> indicator, `{"rsi": "rsi:14"}` (docs/indicators.md), or a function.

        A function takes the frame and gives a value for each row, made of that row and those before it alone.
        """
        return {}

    @abstractmethod
    def decide(self, frame: Frame, position: Position) -> Signal:
        """Decide on the newest closed candle, the last row of the frame."""

    def entries(self, frame: Frame) -> Rows | None:  # noqa: ARG002 - nothing is known of it here
        """The rows of a long frame on which `decide` may do anything while nothing is held; None: on any.

        Only a backtest asks: it shows `decide` these rows and no others. More rows than need be cost time, a row too
        few is a missed signal; `decide` has the last word. A row may look back `warm_up` rows, and not ahead.
        """
        return None

    def exits(self, frame: Frame) -> Rows | None:  # noqa: ARG002 - nothing is known of it here
        """The same while a position is held."""
        return None
