"""A strategy of backtrader's over a run of candles, and what it asks for on the newest one."""

from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from typing import Any, NamedTuple

import numpy as np

from shared.errors import StrategyError
from shared.market import Frame, Series
from trader.bt.broker import Broker
from trader.bt.capture import Asked, Holding, asked_of
from trader.bt.feed import CandleFeed, feed
from trader.bt.library import bt

#: Charged by the stand-in on the way to the newest candle.
_FEE = 0.001
_NO_ROWS = Frame(
    np.zeros(0, dtype=np.int64), {name: np.zeros(0) for name in ("open", "high", "low", "close", "volume")}
)


class Answer(NamedTuple):
    """The orders of the newest candle, and those of earlier ones that it cancelled there."""

    asked: list[Asked]
    taken_back: list[Asked]


def replay(
    kind: type, parameters: Mapping[str, Any], run: Frame, holding: Holding, series: Series | None = None
) -> Answer:
    """Let it trade with the stand-in up to the newest candle; there it sees the ledger's position and cash.

    What it prints on the way is not shown: it would be told again at every candle.
    """
    broker, candles = Standin(), feed(run, series)
    broker.stand_in(candles, len(run), holding)
    _run(kind, parameters, candles, broker)
    return Answer([asked_of(order) for order in broker.caught], [asked_of(order) for order in broker.taken_back])


def minimum_period(kind: type, parameters: Mapping[str, Any]) -> int:
    """How many candles its indicators need before it is asked for the first time, as backtrader reckons it."""
    strategy = _run(kind, parameters, feed(_NO_ROWS), Broker(), preload=False, runonce=False)
    return int(max(strategy._minperiod, *strategy._minperiods))


class Standin(Broker):
    """The broker on the way: fills at the next open. On the newest candle the ledger's holding takes its place.

    So what the strategy remembers is what a backtest of the run would have taught it, the same for every process that
    sees the run; what it holds is the truth.
    """

    def stand_in(self, candles: CandleFeed, rows: int, holding: Holding) -> None:
        """For the ledger's `holding` on the last of so many `rows`."""
        self._candles, self._rows, self._holding = candles, rows, holding
        self.caught: list[Any] = []
        self.taken_back: list[Any] = []
        self._is_newest = False
        self.setcommission(commission=_FEE)
        self.set_cash(float(holding.cash + holding.position.cost))

    def next(self) -> None:
        """A bar has come; if it is the newest one, the ledger's holding with it."""
        super().next()
        if len(self._candles) == self._rows:
            held = self._holding.position
            self.positions[self._candles] = bt.Position(float(held.amount), float(held.average_price))
            self.cash = float(self._holding.cash)
            self._is_stale = self._is_newest = True

    def submit(self, order: Any, check: bool = True) -> Any:  # noqa: FBT001
        """Carry an order out on the way; catch those of the newest candle."""
        if not self._is_newest:
            return super().submit(order, check)
        order.submit(self)
        order.accept(self)
        self.caught.append(order)
        return order

    def cancel(self, order: Any, bracket: bool = False) -> bool:  # noqa: FBT001
        """Take an order back; on the newest candle one of this candle was never given."""
        if not self._is_newest:
            was_open: bool = super().cancel(order, bracket)
            return was_open
        if order in self.caught:
            self.caught.remove(order)
        elif order in self.pending:
            self.taken_back.append(order)
        return True


def _run(kind: type, parameters: Mapping[str, Any], candles: CandleFeed, broker: Any, **how: bool) -> Any:
    cerebro = bt.Cerebro(stdstats=False, **how)
    cerebro.setbroker(broker)
    cerebro.adddata(candles)
    cerebro.addstrategy(kind, **parameters)
    with redirect_stdout(StringIO()):
        strategies = cerebro.run()
    if not strategies:
        raise StrategyError(f"{kind.__name__} skipped itself (StrategySkipError)")
    return strategies[0]
