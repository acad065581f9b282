"""An executed piece of an order."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from shared.trading.money import ZERO, exact, is_sane
from shared.trading.signal import Side

Liquidity = Literal["maker", "taker"]


@dataclass(frozen=True)
class Fill:
    """`amount` in the base asset at `price`; `fee` in `fee_asset`, below zero if it is a rebate.

    `base` and `quote` are the market's assets. `fee_value` is what a fee in a third asset was worth in quote, None
    if nobody knows.
    """

    trade_id: str
    side: Side
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    executed_at_us: int
    base: str
    quote: str
    fee_value: Decimal | None = None
    liquidity: Liquidity = "taker"

    def __post_init__(self) -> None:
        sane = is_sane(self.amount) and is_sane(self.price) and is_sane(self.fee)
        if self.fee_value is not None:
            sane = sane and is_sane(self.fee_value)
        if self.side is Side.HOLD or not sane or self.amount <= 0 or self.price <= 0:
            raise ValueError(f"impossible fill {self}")

    @cached_property
    @exact
    def cost(self) -> Decimal:
        """What changed hands in the quote asset, before the fee."""
        return self.amount * self.price

    @cached_property
    @exact
    def fee_quote(self) -> Decimal | None:
        """The fee in quote: one in base at the fill's own price; None for a third asset of unknown worth."""
        if self.fee_asset == self.quote:
            return self.fee
        return self.fee * self.price if self.fee_asset == self.base else self.fee_value

    @cached_property
    @exact
    def base_change(self) -> Decimal:
        """Effect on the base balance, a fee in base included."""
        return self.side.sign * self.amount - (self.fee if self.fee_asset == self.base else ZERO)

    @cached_property
    @exact
    def cash_change(self) -> Decimal:
        """Effect on the quote balance, a fee in quote included."""
        return -self.side.sign * self.cost - (self.fee if self.fee_asset == self.quote else ZERO)
