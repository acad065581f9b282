"""An executed piece of an order."""

from dataclasses import dataclass
from decimal import Decimal

from shared.trading.signal import Side


@dataclass(frozen=True)
class Fill:
    """`amount` in the base asset at `price`; `fee` in `fee_asset`, always the quote asset on paper."""

    trade_id: str
    side: Side
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    executed_at_us: int

    def __post_init__(self) -> None:
        if self.side is Side.HOLD or self.amount <= 0 or self.price <= 0 or self.fee < 0:
            raise ValueError(f"impossible fill {self}")

    @property
    def cost(self) -> Decimal:
        """What changed hands in the quote asset, before the fee."""
        return self.amount * self.price

    @property
    def cash_change(self) -> Decimal:
        """Effect on the quote balance, a fee in the quote asset included."""
        return (-self.cost if self.side is Side.BUY else self.cost) - self.fee
