"""The portfolio as it is shown: values only. Money is exact and in the account's quote asset."""

from dataclasses import dataclass
from decimal import Decimal

from shared.portfolio.curve import Curve
from shared.portfolio.holdings import Account, Holding, Place
from shared.portfolio.ratios import Performance
from shared.portfolio.totals import Totals
from shared.portfolio.trips import Activity

_MONTH_US = 30 * 86_400 * 1_000_000


@dataclass(frozen=True)
class Record:
    """What became of some money in the time looked at, and what buy-and-hold of the same markets made of it.

    Returns are those of whole days, or of hours where less than two weeks are looked at.
    """

    curve: Curve
    hold: Curve
    performance: Performance
    benchmark: Performance
    activity: Activity

    @property
    def turnover(self) -> float | None:
        """How many times the mean equity was traded."""
        return self.activity.turnover(self.curve.mean)

    @property
    def excess(self) -> float:
        """Total return above buy-and-hold's, a fraction of the money."""
        return self.performance.total_return - self.benchmark.total_return


@dataclass(frozen=True)
class StrategyRow:
    """One strategy; `share` is its part of all profits and losses of the account, -1 to 1, both taken as sizes."""

    holding: Holding
    mark: Decimal | None
    share: float
    record: Record


@dataclass(frozen=True)
class Exposure:
    """What an account holds in one market, at the mark (quote); `mark` is None while there is no price."""

    place: Place
    mark: Decimal | None
    net: Decimal
    gross: Decimal
    strategies: int


@dataclass(frozen=True)
class AccountView:
    """One account: its sums now, its record, and what it is made of."""

    account: Account
    totals: Totals
    record: Record
    strategies: tuple[StrategyRow, ...]
    exposures: tuple[Exposure, ...]


@dataclass(frozen=True)
class PortfolioView:
    """Everything at `at_us`, looked at since `since_us`; `step_us` is the period of the returns."""

    at_us: int
    since_us: int
    step_us: int
    accounts: tuple[AccountView, ...]

    @property
    def period(self) -> str:
        """Of the returns."""
        return "hourly" if self.step_us < 24 * 3_600_000_000 else "daily"

    @property
    def speaks_of_years(self) -> bool:
        """Whether the time is long enough for figures of a year to mean anything: 30 days."""
        return self.at_us - self.since_us >= _MONTH_US
