"""The store: everything that is kept, for a user's scripts and notebooks to read, and books of their own to write.

with Store.open("data/trading.db") as store:
    frame = store.candles(Series("binance", "BTC/USDT", "1m"), count=1000)
    book = store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)
    book.open("buy", "0.01", "64000", trade_id="first")
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from sqlalchemy.engine import make_url

from shared import candles, ledger, tiers
from shared.archive import verify
from shared.archive.relocate import relocate
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.database import Database, open_database, require_schema
from shared.errors import ConfigError, RepairError, StopError
from shared.history import Candles, Place, copies_in, fetch_lacking, newest, opening, upkeep
from shared.history import candles as candles_of
from shared.history.kept import Kept, kept
from shared.ledger import ScriptBook
from shared.market import Frame, Series
from shared.overview import Overview, Trade, overview, trades_of
from shared.portfolio import Account, PortfolioReader, PortfolioView, Totals
from shared.store.backups import Backups
from shared.store.book import Book
from shared.store.diagnose import Diagnosis, diagnose
from shared.store.follow import Bookmark, Follower
from shared.store.numbers import Exact, as_id, market, not_below_zero, text
from shared.store.wallet import Wallet
from shared.tiers import BalanceRow, EquityRow
from shared.trading import Balance, BrokerName, Position

#: Later than any candle (ms); in the fifth millennium, which is as far as calendars go.
_LATE = 2**46
_FOREVER_US = 2**62


class Store:
    """A database with its archive and backups. Each call sees one consistent instant, or is one transaction.

    It reads what the services keep, and writes only books and wallets that are a script's own.
    """

    def __init__(
        self, database: Database, archive: Path, copies: Path | None, url: str = "", backups: Path | None = None
    ) -> None:
        """`archive` holds the sealed months, `copies` their fast copies; None makes none. `url` is for who fetches."""
        self._database = database
        self._place = Place(database, archive, copies)
        self._url = url
        self._portfolio = PortfolioReader(database, archive)
        self.backups = Backups(database, archive, backups or archive.parent / "backups")

    @classmethod
    @contextmanager
    def open(
        cls,
        where: str | Path,
        archive: Path | None = None,
        cache: Path | None = None,
        backups: Path | None = None,
    ) -> Iterator["Store"]:
        """Open a database by its file or its SQLAlchemy URL, and close it at the end of the `with` block.

        What `chandler restore` makes is a database, too. `archive`, `cache` and `backups` are what the configuration
        calls so, by default the directories of these names beside the file. StopError if there is no database (nothing
        is created), SchemaError if it is of another version.
        """
        url = where if isinstance(where, str) and "://" in where else f"sqlite:///{where}"
        _require_file(url)
        beside = Path(make_url(url).database or "").parent
        database = open_database(url)
        try:
            require_schema(database)
            yield cls(database, archive or beside / "archive", copies_in(cache or beside / "cache"), url, backups)
        finally:
            database.close()

    def candles(self, series: Series, count: int = 500, until: int | None = None) -> Frame:
        """The newest `count` closed candles that open at or before `until` (ms UTC; None: the present), ascending."""
        return newest(self._place, series, _LATE if until is None else until + 1, count)

    def history(
        self,
        series: Series,
        start: int = 0,
        end: int | None = None,
        *,
        limit: int | None = None,
        fetch: bool = False,
    ) -> Candles:
        """The closed candles that open from `start` to before `end` (ms UTC), in the table or archived.

        With `limit` only the newest so many of them. With `fetch` what is not there yet is fetched first and kept, by
        `chandler history update` in a process of its own, with the configuration it finds: a start or a limit is
        needed to know how far back, where there is nothing yet. RepairError if that does not succeed.
        """
        if fetch:
            fetch_lacking(self._place, self._url, series, start, end, limit)
        end = _LATE if end is None else end
        if limit is not None:
            start = max(start, opening(self._place, series, end, limit))
        return candles_of(self._database, self._place.archive, series, start, end, copies=self._place.copies)

    def kept(self, series: Series) -> Kept:
        """How many candles of a series there are, from when to when, where they lie, and what they take on disk.

        StopError if the series is unknown.
        """
        with self._database.read() as connection:
            return kept(connection, self._place, series)

    def verify(self, series: Series) -> list[str]:
        """What is wrong with a series, in words: its months' files, their fast copies, or how many candles there are.

        Nothing is mended (`chandler archive verify --repair` does), but a fast copy that is wrong is removed.
        """
        problems = verify(self._database, self._place.archive, series)
        return [*(f"{problem.path}: {problem.told}" for problem in problems), *upkeep.complaints(self._place, series)]

    def clear(self, series: Series) -> int:
        """Remove the fast copies of a series, in which no candle is alone; returns the bytes that are free now."""
        return upkeep.clear(self._place, series)[1]

    def relocate(self, archive: Path) -> None:
        """Copy every month to another directory, and read it there from now on; nothing is removed.

        The services go on where `paths.archive` says: `chandler history relocate` tells how to move them, too.
        RepairError names months that are there already and differ.
        """
        _, stay = relocate(self._database, self._place.archive, archive, remove=False)
        if stay:
            raise RepairError(f"{', '.join(map(str, stay))}: others are at the new place, and nobody knows either")
        self._place = replace(self._place, archive=archive)

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
        return self._portfolio.report(now_us(), days, strategy_id)

    def summary(self) -> Mapping[Account, Totals]:
        """What each account is worth now, at the latest prices: quick, since only what changed is read again."""
        return self._portfolio.now().totals

    def latest_balance(self, strategy_id: str, asset: str) -> Balance:
        """What a strategy, a book or a wallet has of an asset; nothing if it never had any."""
        return ledger.peek_balance(self._database, strategy_id, asset)

    def balances(
        self, strategy_id: str, asset: str | None = None, *, since_us: int = 0, until_us: int = _FOREVER_US
    ) -> list[BalanceRow]:
        """Every change of a strategy's, a book's or a wallet's balances in `since_us <= t < until_us` (UTC).

        Oldest first, in the database or in the archive's files. RepairError if such a file is damaged or gone.
        """
        with self._database.read() as connection:
            return list(tiers.balances(connection, self._place.archive, strategy_id, since_us, until_us, asset))

    def equity(self, strategy_id: str, *, since_us: int = 0, until_us: int = _FOREVER_US) -> list[EquityRow]:
        """What a strategy or a book was worth over time, as `balances`."""
        with self._database.read() as connection:
            return list(tiers.equity(connection, self._place.archive, strategy_id, since_us, until_us))

    def book(
        self,
        book_id: str,
        *,
        exchange: str | None = None,
        symbol: str | None = None,
        cash: Exact | None = None,
        broker: BrokerName = "paper",
        timeframe: str = "1m",
    ) -> Book:
        """A book of the script's own for one market, made with its opening cash if it is not there yet.

        One that is there is known by its id. `broker` says whose money it is: "live" is added to what strategies hold
        at the exchange itself. `timeframe` is that of the candles that it is compared with in the portfolio.
        ConfigError if there is none and no market is named, if it is another market's, or if it is a strategy's.
        """
        if exchange is None or symbol is None:
            return Book(self._database, self._there(book_id, "book", is_wallet=False))
        series = Series(text(exchange, "exchange"), market(symbol), timeframe)
        if broker not in ("paper", "live"):
            raise ValueError(f"broker {broker!r} is neither 'paper' nor 'live'")
        wanted = ScriptBook(as_id(book_id), *series.key, broker)
        self._make(wanted, None if cash is None else not_below_zero(cash, "cash"))
        return Book(self._database, wanted)

    def wallet(self, wallet_id: str, *, exchange: str | None = None) -> Wallet:
        """A wallet of the script's own, for balances seen at an exchange; made if it is not there yet.

        ConfigError if there is none and no exchange is named, if it is of another exchange, or if it is a book.
        """
        if exchange is None:
            return Wallet(self._database, self._there(wallet_id, "wallet", is_wallet=True))
        wanted = ScriptBook(as_id(wallet_id), text(exchange, "exchange"))
        self._make(wanted, None)
        return Wallet(self._database, wanted)

    def books(self) -> list[ScriptBook]:
        """All books and wallets that scripts keep, by their ids."""
        with self._database.read() as connection:
            return ledger.script_books(connection)

    def follow(self, after: Bookmark | None = None) -> Follower:
        """For callbacks on what changes from now on, or after a bookmark that was kept (see `Follower`)."""
        return Follower(self._database, after)

    def diagnose(self, *, thorough: bool = False) -> Diagnosis:
        """Whether the database is sound and its books add up; `thorough` reads every page, and takes long."""
        return diagnose(self._database, self._url, thorough=thorough)

    def _make(self, wanted: ScriptBook, cash: Decimal | None) -> None:
        with self._database.write() as connection:
            ledger.open_script_book(connection, wanted, cash, now_us())

    def _there(self, book_id: str, kind: str, *, is_wallet: bool) -> ScriptBook:
        with self._database.read() as connection:
            found = ledger.script_book(connection, as_id(book_id))
        if found is None:
            raise ConfigError(f"there is no {kind} {book_id!r} yet: name its market, and it is made")
        if found.is_wallet is not is_wallet:
            raise ConfigError(f"{book_id} is {found}, no {kind}")
        return found


def _require_file(url: str) -> None:
    """SQLite would make an empty database of a mistyped name."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StopError(f"there is no database {parsed.database}: check the name, or make it with `python schema.py`")
