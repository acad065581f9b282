"""A strategy this replica runs."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.config import ExchangeSettings, RiskSettings, TraderSettings
from shared.errors import StrategyError, as_text
from shared.market import Frame, Indicator, Series
from shared.trading import BrokerName, Lease, Position, Signal, Strategy
from trader.frames import Shown
from trader.freshness import patience
from trader.loading import needs


@dataclass(frozen=True)
class Running:
    """A strategy at work: under which lease, with which broker and limits; how far off its exchange's clock may be.

    One that `is_minded` is halted by an error: its code is not asked, only what it holds is looked after. `flag` is
    the file that stops the desk.
    """

    lease: Lease
    series: Series
    strategy: Strategy
    indicators: Mapping[str, Indicator]
    clock_limit_ms: int = ExchangeSettings().clock_limit_ms
    broker: BrokerName = "paper"
    limits: RiskSettings = field(default_factory=RiskSettings)
    is_minded: bool = False
    flag: Path | None = None

    @property
    def id(self) -> str:
        """The strategy_id, owner of the books."""
        return self.lease.strategy_id

    def patience_ms(self, settings: TraderSettings) -> float:
        """How old what it decides on may be for new exposure."""
        return patience(self.series.step, settings.stale_candles, settings.stale_seconds)

    def decide(self, shown: Shown, position: Position) -> Signal:
        """Ask the strategy. StrategyError carries the traceback."""
        try:
            signal = self.strategy.decide(shown.frame(self.indicators), position)
            if not isinstance(signal, Signal):
                raise TypeError(f"{self.id} decided {signal!r}: decide() must return a Signal")
            return replace(signal, reason=as_text(signal.reason))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a panic in compiled code is no Exception
            raise StrategyError(f"{self.id} failed:\n{traceback.format_exc(limit=-5)}") from error


def prepare(
    lease: Lease,
    series: Series,
    strategy: Strategy,
    clock_limit_ms: int = ExchangeSettings().clock_limit_ms,
    broker: BrokerName = "paper",
    limits: RiskSettings | None = None,
) -> Running:
    """Ask the strategy what it needs; StrategyError if it can't say or asks for what does not exist."""
    found = needs(lease.strategy_id, strategy).indicators
    return Running(lease, series, strategy, found, clock_limit_ms, broker, limits or RiskSettings())


def minding(
    lease: Lease, series: Series, clock_limit_ms: int, broker: BrokerName = "paper", limits: RiskSettings | None = None
) -> Running:
    """A strategy whose code could not be loaded, but whose position and orders are looked after all the same."""
    return Running(lease, series, _Absent(), {}, clock_limit_ms, broker, limits or RiskSettings(), is_minded=True)


class _Absent(Strategy):
    """Stands where a strategy could not be loaded; it is never asked."""

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:  # noqa: ARG002
        raise StrategyError("its code could not be loaded")
