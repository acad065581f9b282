"""Which tables' rows may leave the database as they age, and which of their rows stay whatever their age.

What stays is what the services ask for all the time, and what the audit derives the books from
(docs/decisions/0028-tiers.md). The conditions are SQLite's; `aged` is the row that is asked about.
"""

from dataclasses import dataclass

from sqlalchemy import Table

from shared.models import balance_history, equity_history, order_events, ticker_data

#: When a row came to be in the database, and nothing of what it says.
STAMP = "stamp_us"


@dataclass(frozen=True)
class Aged:
    """A table whose rows are only ever added. `time` is the column of a row's age, in units of `unit_us`.

    The last column of `key` grows with the rows. `leaves` is true of a row that nothing needs in the database.
    """

    table: Table
    key: tuple[str, ...]
    time: str
    leaves: str
    unit_us: int = 1

    @property
    def name(self) -> str:
        """The table's."""
        return self.table.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns in their order: as a row lies in the database, and in a file."""
        return tuple(column.name for column in self.table.columns)

    @property
    def told(self) -> tuple[str, ...]:
        """Those that say what happened."""
        return tuple(name for name in self.columns if name != STAMP)

    @property
    def order(self) -> str:
        """The column that grows."""
        return self.key[-1]

    @property
    def has_id(self) -> bool:
        """Whether a whole number is its only key."""
        return len(self.key) == 1


def _other(table: str, *same: str, than: str) -> str:
    """SQL: there is another row of the same ... before or after this one."""
    alike = " AND ".join(f"other.{name} = aged.{name}" for name in same)
    return f"EXISTS (SELECT 1 FROM {table} AS other WHERE {alike} AND other.{than})"  # noqa: S608 - our own names


#: The newest row of each strategy's asset is what it has, the first is what it began with, deposits are audited.
_BALANCES = " AND ".join(
    [
        "aged.reason <> 'deposit'",
        _other("balance_history", "strategy_id", "asset", than="balance_id > aged.balance_id"),
        _other("balance_history", "strategy_id", "asset", than="balance_id < aged.balance_id"),
    ]
)
#: A curve begins with the first and goes on with the newest; of the last id follows the next.
_EQUITY = " AND ".join(
    [
        _other("equity_history", "strategy_id", than="recorded_at_us > aged.recorded_at_us"),
        _other("equity_history", "strategy_id", than="recorded_at_us < aged.recorded_at_us"),
        "aged.equity_id < (SELECT max(equity_id) FROM equity_history)",
    ]
)
#: The newest is the market's price.
_TICKERS = _other("ticker_data", "exchange", "symbol", than="timestamp > aged.timestamp")
_EVENTS = (
    "aged.event_id < (SELECT max(event_id) FROM order_events)"
    " AND EXISTS (SELECT 1 FROM orders WHERE orders.client_order_id = aged.client_order_id"
    " AND orders.status IN ('filled', 'cancelled', 'rejected'))"
)

BALANCES = Aged(balance_history, ("balance_id",), "recorded_at_us", _BALANCES)
EQUITY = Aged(equity_history, ("equity_id",), "recorded_at_us", _EQUITY)
TICKERS = Aged(ticker_data, ("exchange", "symbol", "timestamp"), "timestamp", _TICKERS, unit_us=1_000)
EVENTS = Aged(order_events, ("event_id",), "recorded_at_us", _EVENTS)

AGED = {aged.name: aged for aged in (BALANCES, EQUITY, TICKERS, EVENTS)}
