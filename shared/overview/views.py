"""What an operator sees, as values. Money is exact and in the quote asset, times are milliseconds UTC."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from shared.market import Series, quote_of
from shared.overview.trades import Trade
from shared.trading import DESK, Position, Source, State, StateRow, effective

ZERO = Decimal(0)
ACTIVE = StateRow(DESK)
#: A candle is published some time after its close; a series counts as live while it lags no more than this.
_PATIENCE_MS = 10_000


@dataclass(frozen=True)
class SeriesView:
    """One series; `lag_ms` is how long ago the newest stored candle closed, None while there is none."""

    series: Series
    state: str
    reason: str
    first: int | None
    watermark: int | None
    lag_ms: int | None
    candles: int
    gaps: int
    refused: int


@dataclass(frozen=True)
class ExchangeView:
    """One exchange; its clock's offset, ms, is positive where it is ahead of this host, and None if not measured.

    `cooldown_ms` is for how long it may not be asked; `reason` says why that is, or why it is stopped.
    """

    exchange: str
    state: str
    reason: str
    cooldown_ms: int
    clock_offset_ms: int | None

    def clock_alarm(self, limit_ms: int) -> bool:
        """Whether the clocks differ by more than the limit: traders take no new exposure there then."""
        return self.clock_offset_ms is not None and abs(self.clock_offset_ms) > limit_ms


@dataclass(frozen=True)
class StrategyView:
    """One strategy and its books; `owner` is the trader process that holds its lease, `mark` the latest best bid.

    `status` is the state that holds for it, with its `reason`; `source` says who set it: operator, risk, strategy,
    reconciliation, or `desk` where it is the whole desk's. `outcome` is what became of the newest signal.
    """

    strategy_id: str
    strategy_name: str
    series: Series
    status: str
    reason: str
    owner: str | None
    signals: int
    trades: int
    cash: Decimal
    position: Position
    mark: Decimal | None
    source: Source | Literal["desk"] = "operator"
    outcome: str = ""
    broker: str = "paper"

    @property
    def refusal(self) -> str | None:
        """Why the newest signal came to nothing; None if it did not, or was not heard because trading is stopped."""
        word, _, why = self.outcome.partition(": ")
        return why if word == "refused" and self.status == State.ACTIVE else None

    @property
    def quote(self) -> str:
        """The asset that cash and profits are in."""
        return quote_of(self.series.symbol)

    @property
    def unrealized_pnl(self) -> Decimal | None:
        """Profit if the position were sold at the mark, before fees; None while a position has no mark."""
        if not self.position.is_open:
            return ZERO
        return None if self.mark is None else self.position.unrealized_pnl(self.mark)

    @property
    def pnl(self) -> Decimal | None:
        """Realized and unrealized."""
        unrealized = self.unrealized_pnl
        return None if unrealized is None else self.position.realized_pnl + unrealized

    @property
    def equity(self) -> Decimal | None:
        """Cash and the marked position."""
        if not self.position.is_open:
            return self.cash
        return None if self.mark is None else self.cash + self.position.amount * self.mark


@dataclass(frozen=True)
class Overview:
    """Everything at one instant, read in one transaction."""

    at_ms: int
    series: tuple[SeriesView, ...]
    strategies: tuple[StrategyView, ...]
    latest_trades: tuple[Trade, ...]
    exchanges: tuple[ExchangeView, ...] = ()
    desk: StateRow = ACTIVE

    def under(self, flag: Iterable[StateRow]) -> "Overview":
        """The same where a flag file lies (shared.flag), which the database does not know of."""
        desk = effective([self.desk, *flag])
        strategies = tuple(
            replace(view, status=desk.state.value, reason=desk.reason, source="desk")
            if desk.state.rank > State(view.status).rank
            else view
            for view in self.strategies
        )
        return replace(self, desk=desk, strategies=strategies)

    @property
    def candles(self) -> int:
        """Stored candles of all series."""
        return sum(view.candles for view in self.series)

    @property
    def signals(self) -> int:
        """Decisions other than hold."""
        return sum(view.signals for view in self.strategies)

    @property
    def trades(self) -> int:
        """Executed trades."""
        return sum(view.trades for view in self.strategies)

    @property
    def pnl(self) -> Mapping[str, Decimal]:
        """Realized and unrealized profit by quote asset; a position without a mark counts with what is realized."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for view in self.strategies:
            sums[view.quote] += view.position.realized_pnl + (view.unrealized_pnl or ZERO)
        return dict(sums)


def lag(watermark: int | None, step: int, now_ms: int) -> int | None:
    """Milliseconds since the newest candle closed; a clock that runs behind the exchange's counts as no lag."""
    return None if watermark is None else max(0, now_ms - watermark - step)


def state(status: str, lag_ms: int | None, step: int) -> str:
    """`live`, `behind` (the newest candle is more than two candles late), `empty` or `stopped`."""
    if status == "stopped":
        return "stopped"
    if lag_ms is None:
        return "empty"
    return "live" if lag_ms <= 2 * step + _PATIENCE_MS else "behind"


def exchange_state(status: str, cooldown_ms: int) -> str:
    """`stopped` (it lets us in no longer), `cooling` (it wants no requests for a while) or `open`."""
    if status == "stopped":
        return "stopped"
    return "cooling" if cooldown_ms > 0 else "open"
