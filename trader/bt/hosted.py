"""A strategy written for backtrader as one of ours: the trader's cycle, risk and ledger stay what they are."""

from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from pydantic import create_model

from shared.errors import StrategyError
from shared.indicators.anchor import anchor, block
from shared.market import Frame, Series
from shared.trading import Position, Signal, Strategy
from trader.bt.capture import Holding, signal_of
from trader.bt.library import bt
from trader.bt.replay import minimum_period, replay

#: Wilder's averages, the slowest that are common, forget their seed to 1e-9 within about 20 windows.
_WINDOWS, _AT_LEAST = 20, 100
#: A run begins less than two blocks back; as many rows as it can have where candles are missing on the way.
_BLOCKS = 3


class Hosted(Strategy):
    """Decides what `kind`, a `bt.Strategy`, does on the newest candle when it is replayed from the run's beginning.

    A run begins at a candle that depends on the candles alone (`shared.indicators.anchor`), so that every process, and
    each after a restart, replays the same. `cash` is what the books began with, in the quote asset; backtrader is told
    the timeframe of `series`.
    """

    kind: ClassVar[Any]
    engine: ClassVar[str] = "backtrader"
    cash: Decimal = Decimal(10_000)
    series: Series | None = None

    @property
    def warm_up(self) -> int:
        """Rows enough for a run, wherever it begins."""
        return _BLOCKS * block(1, self._run_in)

    @cached_property
    def _run_in(self) -> int:
        """The class says so itself (`warm_up = 300`), or its indicators do."""
        own = getattr(self.kind, "warm_up", None)
        if own is not None:
            return int(own)
        return max(_AT_LEAST, _WINDOWS * minimum_period(self.kind, self.options))

    @property
    def options(self) -> dict[str, Any]:
        """The parameters, as keyword arguments of their class."""
        found: dict[str, Any] = self.parameters.model_dump()
        return found

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Replay it, and say as a signal what it asks for."""
        cash = self.cash + position.realized_pnl - position.cost
        holding = Holding(position, cash, Decimal(repr(float(frame.close[-1]))))
        answer = replay(self.kind, self.options, self._run(frame), holding, self.series)
        return signal_of(answer.asked, answer.taken_back, holding)

    def _run(self, frame: Frame) -> Frame:
        step = self.series.step if self.series else int(np.diff(frame.timestamps).min())
        first = anchor(frame.timestamps, len(frame) - 1, block(step, self._run_in), self._run_in)
        return frame.last(len(frame) - first)


def is_theirs(kind: type) -> bool:
    """Whether a class is a strategy of backtrader's."""
    return issubclass(kind, bt.Strategy)


def host(kind: type) -> type[Hosted]:
    """One of our strategies that stands for theirs, with its `params` as parameters; StrategyError if it can't."""
    defaults = dict(kind.params._getitems())  # type: ignore[attr-defined]
    try:
        fields: Any = {name: (_type(default), default) for name, default in defaults.items()}
        parameters = create_model("Parameters", __base__=Strategy.Parameters, __module__=kind.__module__, **fields)
    except (NameError, ValueError) as error:
        raise StrategyError(f"{kind.__name__}.params: {error}") from error
    members = {"kind": kind, "Parameters": parameters, "__module__": kind.__module__, "__doc__": kind.__doc__}
    return type(kind.__name__, (Hosted,), members)


def _type(default: object) -> Any:
    if isinstance(default, bool | str):
        return type(default)
    return int | float if isinstance(default, int | float) else Any
