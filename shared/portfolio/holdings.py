"""What one strategy holds, and which account it is added up in. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from shared.market import quote_of
from shared.trading import BrokerName, Position

#: (exchange, symbol)
Place = tuple[str, str]


@dataclass(frozen=True, order=True)
class Account:
    """All strategies of one broker that pay in one asset: what may be added up. Play money is not added to real."""

    broker: BrokerName
    quote: str

    def __str__(self) -> str:
        return f"{self.broker} {self.quote}"


@dataclass(frozen=True)
class Holding:
    """The books of one strategy: cash in the quote asset, held for open orders or not, and its position."""

    strategy_id: str
    strategy_name: str
    broker: BrokerName
    exchange: str
    symbol: str
    timeframe: str
    cash: Decimal
    position: Position

    @property
    def account(self) -> Account:
        """Where it is added up."""
        return Account(self.broker, quote_of(self.symbol))

    @property
    def place(self) -> Place:
        """Its market, which has one mark."""
        return self.exchange, self.symbol

    def value(self, mark: Decimal | None) -> Decimal:
        """The position at `mark`, below zero if short; at cost while there is no mark. In quote."""
        return self.position.cost if mark is None else self.position.amount * mark

    def unrealized(self, mark: Decimal | None) -> Decimal:
        """Profit if all were closed at `mark`, before fees; nothing while there is no mark."""
        return self.value(mark) - self.position.cost

    def pnl(self, mark: Decimal | None) -> Decimal:
        """Realized, after fees, and unrealized."""
        return self.position.realized_pnl + self.unrealized(mark)
