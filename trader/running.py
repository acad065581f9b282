"""A strategy this replica runs."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.config import ExchangeSettings, RiskSettings, TraderSettings
from shared.errors import StrategyError
from shared.indicators import Indicator, indicator, with_indicators
from shared.market import Frame, Series
from shared.trading import BrokerName, Lease, Position, Signal, Strategy
from trader.freshness import patience


@dataclass(frozen=True)
class Running:
    """A strategy at work: under which lease, with which broker and limits; how far off its exchange's clock may be."""

    lease: Lease
    series: Series
    strategy: Strategy
    indicators: Mapping[str, Indicator]
    clock_limit_ms: int = ExchangeSettings().clock_limit_ms
    broker: BrokerName = "paper"
    limits: RiskSettings = field(default_factory=RiskSettings)

    @property
    def id(self) -> str:
        """The strategy_id, owner of the books."""
        return self.lease.strategy_id

    def patience_ms(self, settings: TraderSettings) -> float:
        """How old what it decides on may be for new exposure."""
        return patience(self.series.step, settings.stale_candles, settings.stale_seconds)

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Ask the strategy. StrategyError carries the traceback."""
        try:
            signal = self.strategy.decide(with_indicators(frame, self.indicators), position)
        except (Exception, SystemExit) as error:
            raise StrategyError(f"{self.id} failed:\n{traceback.format_exc(limit=-5)}") from error
        if not isinstance(signal, Signal):
            raise StrategyError(f"{self.id} decided {signal!r}: decide() must return a Signal")
        return signal


def prepare(
    lease: Lease,
    series: Series,
    strategy: Strategy,
    clock_limit_ms: int = ExchangeSettings().clock_limit_ms,
    broker: BrokerName = "paper",
    limits: RiskSettings | None = None,
) -> Running:
    """Ask the strategy what it needs; StrategyError if it can't say or asks for what does not exist."""
    try:
        found = {name: indicator(spec) for name, spec in strategy.indicators().items()}
        warm_up = strategy.warm_up
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{lease.strategy_id}: {type(error).__name__}: {error}") from error
    if type(warm_up) is not int or warm_up < 1:
        raise StrategyError(
            f"{lease.strategy_id}: warm_up must be a whole number of candles from 1 on, not {warm_up!r}"
        )
    return Running(lease, series, strategy, found, clock_limit_ms, broker, limits or RiskSettings())
