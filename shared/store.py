"""The store: everything that was kept, for a user's scripts and notebooks to read.

with Store.open("data/trading.db") as store:
    frame = store.candles(Series("binance", "BTC/USDT", "1m"), count=1000)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from shared import candles, ledger
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.database import Database, open_database, require_schema
from shared.errors import StopError
from shared.market import Frame, Series
from shared.overview import Overview, Trade, overview, trades_of
from shared.portfolio import PortfolioReader, PortfolioView
from shared.trading import Position

_THE_NEWEST = 2**63 - 1


class Store:
    """A database, open for reading. Each call sees one consistent instant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    @contextmanager
    def open(cls, where: str | Path) -> Iterator["Store"]:
        """Open a database by its file or its SQLAlchemy URL, and close it at the end of the `with` block.

        A backup is a database, too. StopError if there is none (nothing is created), SchemaError if it is of another
        version.
        """
        url = where if isinstance(where, str) and "://" in where else f"sqlite:///{where}"
        _require_file(url)
        database = open_database(url)
        try:
            require_schema(database)
            yield cls(database)
        finally:
            database.close()

    def candles(self, series: Series, count: int = 500, until: int | None = None) -> Frame:
        """The newest `count` closed candles that open at or before `until` (ms UTC; None: the present), ascending."""
        with self._database.read() as connection:
            return candles.frame(connection, series, _THE_NEWEST if until is None else until, count)

    def watermark(self, series: Series) -> int | None:
        """Open time (ms UTC) of the newest closed candle; None before the first."""
        with self._database.read() as connection:
            return candles.watermark(connection, series)

    def trades(self, strategy_id: str, count: int = 500) -> list[Trade]:
        """The newest `count` trades of a strategy, newest first."""
        with self._database.read() as connection:
            return trades_of(connection, strategy_id, count)

    def positions(self, strategy_id: str) -> dict[str, Position]:
        """The positions of a strategy by symbol, those that are closed by now included."""
        with self._database.read() as connection:
            return ledger.positions_of(connection, strategy_id)

    def overview(self) -> Overview:
        """All series and all strategies with their books, now."""
        with self._database.read() as connection:
            return overview(connection, now_ms(), boot_us(), boot_id())

    def portfolio(self, days: float | None = None, strategy_id: str | None = None) -> PortfolioView:
        """All strategies together or one, and how they did over the last `days` or from the beginning.

        ConfigError if there is no such strategy.
        """
        return PortfolioReader(self._database).report(now_us(), days, strategy_id)


def _require_file(url: str) -> None:
    """SQLite would make an empty database of a mistyped name."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StopError(f"there is no database {parsed.database}: check the name, or make it with `python schema.py`")
