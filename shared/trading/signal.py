"""What a strategy decides on one closed candle."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Direction of a signal, an order or a trade; `hold` is a decision only."""

    BUY = "buy"
    SELL = "sell"
    HOLD = "hold"


@dataclass(frozen=True)
class Signal:
    """A decision: on a buy `size` is the fraction of free cash to spend, on a sell of the position to close."""

    side: Side
    size: Decimal = Decimal(1)
    reason: str = ""

    def __post_init__(self) -> None:
        for name, kind in (("side", Side), ("size", Decimal), ("reason", str)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"a signal's {name} must be {kind.__name__}, not {getattr(self, name)!r}")
        if not self.size.is_finite() or not 0 < self.size <= 1:
            raise ValueError(f"a signal's size is a Decimal with 0 < size <= 1, not {self.size!r}")


def buy(size: Decimal | str = Decimal(1), reason: str = "") -> Signal:
    """Spend `size` (fraction) of the free cash."""
    return Signal(Side.BUY, Decimal(size), reason)


def sell(size: Decimal | str = Decimal(1), reason: str = "") -> Signal:
    """Close `size` (fraction) of the position."""
    return Signal(Side.SELL, Decimal(size), reason)


def hold(reason: str = "") -> Signal:
    """Do nothing on this candle."""
    return Signal(Side.HOLD, reason=reason)
