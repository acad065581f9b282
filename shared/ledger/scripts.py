"""Books that a user's own script keeps, beside those of the strategies that traders run.

They are rows of `strategy_metadata` like any other, so that everything that reads books reads these, too. The name they
carry is no strategy's: no trader runs them, and no script writes where a trader does. A wallet is of no market: what
lies in it a script has seen somewhere, and it is neither derived from trades nor added to the portfolio.
"""

import json
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, insert, select

from shared.errors import ConfigError
from shared.ledger.settlement import deposit
from shared.market import quote_of
from shared.models import strategy_metadata
from shared.trading import BrokerName, plain
from shared.trading.state import BY_SCRIPT

_COLUMNS = ("strategy_id", "exchange", "symbol", "timeframe", "broker", "strategy_name", "config")
_ROW = select(*(strategy_metadata.c[name] for name in _COLUMNS))
#: For whoever adds up what is worth money.
HAS_MARKET = strategy_metadata.c.symbol != ""


@dataclass(frozen=True)
class ScriptBook:
    """Whose books, and of which market; a wallet's `symbol` and `timeframe` are empty."""

    strategy_id: str
    exchange: str
    symbol: str = ""
    timeframe: str = ""
    broker: BrokerName = "paper"

    @property
    def is_wallet(self) -> bool:
        """Whether it is of no market."""
        return not self.symbol

    def __str__(self) -> str:
        return f"a wallet at {self.exchange}" if self.is_wallet else f"{self.broker} {self.exchange} {self.symbol}"


def script_book(connection: Connection, strategy_id: str) -> ScriptBook | None:
    """A script's books by their id; None if there are none. ConfigError if they are a strategy's of the traders'."""
    row = connection.execute(_ROW.where(strategy_metadata.c.strategy_id == strategy_id)).one_or_none()
    if row is None:
        return None
    if row.strategy_name != BY_SCRIPT:
        raise ConfigError(
            f"{strategy_id} is the strategy {row.strategy_name}, whose books only the trader that runs it writes:"
            " give the script's books an id of their own"
        )
    return ScriptBook(row.strategy_id, row.exchange, row.symbol, row.timeframe, row.broker)


def open_script_book(connection: Connection, wanted: ScriptBook, cash: Decimal | None, now_us: int) -> None:
    """Make a script's books, with their opening cash, unless they are there.

    ConfigError if they are another market's or began with other cash: the id owns them.
    """
    known = script_book(connection, wanted.strategy_id)
    if known is None:
        _make(connection, wanted, cash or Decimal(0), now_us)
    elif known != wanted:
        raise ConfigError(f"{wanted.strategy_id} is {known}, not {wanted}: give the other books an id of their own")
    elif cash is not None and plain(cash) != (began := _cash(connection, wanted.strategy_id)):
        raise ConfigError(f"the books of {wanted.strategy_id} began with {began}, not with {plain(cash)}")


def script_books(connection: Connection) -> list[ScriptBook]:
    """All books that scripts keep, by their ids."""
    rows = connection.execute(
        _ROW.where(strategy_metadata.c.strategy_name == BY_SCRIPT).order_by(strategy_metadata.c.strategy_id)
    )
    return [ScriptBook(row.strategy_id, row.exchange, row.symbol, row.timeframe, row.broker) for row in rows]


def _make(connection: Connection, book: ScriptBook, cash: Decimal, now_us: int) -> None:
    connection.execute(
        insert(strategy_metadata).values(
            strategy_id=book.strategy_id,
            exchange=book.exchange,
            symbol=book.symbol,
            timeframe=book.timeframe,
            strategy_name=BY_SCRIPT,
            config=json.dumps({"cash": plain(cash)}),
            status="active",
            reason="",
            broker=book.broker,
            created_at_us=now_us,
            updated_at_us=now_us,
        )
    )
    if not book.is_wallet:
        deposit(connection, book.strategy_id, book.exchange, quote_of(book.symbol), cash, now_us, book.broker)


def _cash(connection: Connection, strategy_id: str) -> str:
    config = select(strategy_metadata.c.config).where(strategy_metadata.c.strategy_id == strategy_id)
    return str(json.loads(connection.execute(config).scalar_one())["cash"])
