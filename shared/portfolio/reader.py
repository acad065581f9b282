"""The portfolio of a database: read once, then followed."""

from pathlib import Path as Directory

from shared.database import Database
from shared.portfolio.deals import TripsReader
from shared.portfolio.holdings import Account
from shared.portfolio.paths import Path
from shared.portfolio.read import HoldingsReader
from shared.portfolio.report import chart, report
from shared.portfolio.totals import Portfolio
from shared.portfolio.views import PortfolioView


class PortfolioReader:
    """What every strategy holds and did, as of the last look. For one thread at a time.

    `archive` (paths.archive) holds what has left the database; without it StopError where that is asked for.
    """

    def __init__(self, database: Database, archive: Directory | None = None) -> None:
        self._database = database
        self._archive = archive
        self._holdings = HoldingsReader(database)
        self._trips = TripsReader()

    def now(self) -> Portfolio:
        """Holdings and sums at the latest prices: only what changed since the last look is read."""
        return self._holdings.follow()

    def report(self, now_us: int, days: float | None = None, strategy_id: str | None = None) -> PortfolioView:
        """Holdings, and how they came about, over the last `days` or from the beginning (see `report.report`)."""
        portfolio = self.now()
        held = portfolio.holdings
        with self._database.read() as connection:
            self._trips.follow(connection, [each for name, each in held.items() if strategy_id in (None, name)])
            return report(connection, portfolio, self._trips.trips, now_us, days, strategy_id, self._archive)

    def chart(self, since_us: int, now_us: int, points: int) -> dict[Account, Path]:
        """Each account's equity and buy-and-hold's, in about so many points."""
        portfolio = self.now()
        with self._database.read() as connection:
            return chart(connection, portfolio, since_us, now_us, points, self._archive)
