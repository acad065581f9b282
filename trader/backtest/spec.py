"""What is to be tested: a strategy's section of the configuration, over a stretch of history."""

from dataclasses import dataclass, field
from decimal import Decimal

from shared.config import PaperSettings, RiskSettings, StrategySettings, TraderSettings
from shared.market import Market, Series, quote_of

#: While the exchange has told nothing: steps that hold nothing up, and what a taker pays on the largest exchanges.
_FINE, _USUAL_FEE = Decimal("0.00000001"), Decimal("0.001")


@dataclass(frozen=True)
class Backtest:
    """A test from `start` to `end` (ms, end exclusive; None: as far as there is history).

    Cash in the quote asset. Fees, slippage, spread and the share of the volume are `paper`'s, the limits those of the
    strategy and of the desk, which is this strategy alone. `trader` says when a decision is stale.
    """

    strategy_id: str
    series: Series
    cash: Decimal = Decimal(10_000)
    start: int | None = None
    end: int | None = None
    paper: PaperSettings = field(default_factory=PaperSettings)
    limits: RiskSettings = field(default_factory=RiskSettings)
    desk: RiskSettings = field(default_factory=RiskSettings)
    trader: TraderSettings = field(default_factory=TraderSettings)

    @property
    def quote(self) -> str:
        """The asset that the cash is in."""
        return quote_of(self.series.symbol)


def of_section(wanted: StrategySettings, **others: object) -> Backtest:
    """The test of a strategy as its section of the configuration has it."""
    return Backtest(wanted.id, wanted.series, wanted.cash, limits=wanted.risk, **others)  # type: ignore[arg-type]


def usual_market(series: Series, fee: Decimal = _USUAL_FEE) -> Market:
    """Rules for a market that nothing is known of: fine steps, no smallest order, one fee, taken from the quote."""
    zero = Decimal(0)
    return Market(series.exchange, series.symbol, _FINE, _FINE, zero, fee, fee)
