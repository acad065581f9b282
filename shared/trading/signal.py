"""What a strategy decides on one closed candle."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import overload

#: A number as a strategy has it.
Number = Decimal | float | int | str

_MAGNITUDE = 18


class Side(StrEnum):
    """Direction of a signal, an order or a trade; `hold` is a decision only."""

    BUY = "buy"
    SELL = "sell"
    HOLD = "hold"

    @property
    def sign(self) -> int:
        """1 of a buy, -1 of a sale: what it does to an amount."""
        return {Side.BUY: 1, Side.SELL: -1, Side.HOLD: 0}[self]


@dataclass(frozen=True)
class Signal:
    """A decision. Whoever makes one may put nonsense into it: `flaw` says so, and risk refuses it.

    `size` is a fraction: on a buy of the free cash to spend, on a sale of the position to close. With `target`
    (a fraction of the strategy's equity that the position shall be worth, 0 closes it) the side follows from what is
    held. `limit` makes a limit order of it. `stop` and `take_profit` are prices at which the position that an entry
    makes is closed. `symbol`, if given, must be the strategy's own.
    """

    side: Side
    size: Decimal = Decimal(1)
    reason: str = ""
    target: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    take_profit: Decimal | None = None
    symbol: str | None = None

    def __post_init__(self) -> None:
        for name, kind in (("side", Side), ("size", Decimal), ("reason", str)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"a signal's {name} must be {kind.__name__}, not {getattr(self, name)!r}")
        if self.target is self.limit is self.stop is self.take_profit is None:
            return
        for name in ("target", "limit", "stop", "take_profit"):
            if not isinstance(getattr(self, name), Decimal | None):
                raise TypeError(f"a signal's {name} must be Decimal or None, not {getattr(self, name)!r}")

    @property
    def is_hold(self) -> bool:
        """Whether it asks for nothing; one with a target may ask for either side."""
        return self.side is Side.HOLD and self.target is None

    @property
    def flaw(self) -> str | None:
        """What is wrong with its numbers, in the words of a refusal; None if nothing is."""
        if not _is_traded(self.size) or self.size > 1:
            return f"its size is {self.size}: a fraction above 0 and up to 1 is meant"
        if self.target is not None and not (self.target.is_zero() or (_is_traded(self.target) and self.target <= 1)):
            return f"its target is {self.target}: a fraction from 0 to 1 is meant"
        for name in ("limit", "stop", "take_profit"):
            price = getattr(self, name)
            if price is not None and not _is_traded(price):
                return f"its {name} is {price}: a price above 0 is meant"
        return None


def buy(
    size: Number = Decimal(1),
    reason: str = "",
    *,
    limit: Number | None = None,
    stop: Number | None = None,
    take_profit: Number | None = None,
) -> Signal:
    """Spend `size` (fraction) of the free cash; protect what is bought at `stop` and `take_profit` (prices)."""
    return Signal(
        Side.BUY, _exact(size), reason, limit=_exact(limit), stop=_exact(stop), take_profit=_exact(take_profit)
    )


def sell(size: Number = Decimal(1), reason: str = "", *, limit: Number | None = None) -> Signal:
    """Close `size` (fraction) of the position, at `limit` (a price) or better if it is given."""
    return Signal(Side.SELL, _exact(size), reason, limit=_exact(limit))


def target(
    exposure: Number,
    reason: str = "",
    *,
    limit: Number | None = None,
    stop: Number | None = None,
    take_profit: Number | None = None,
) -> Signal:
    """Buy or sell until the position is worth `exposure`, a fraction of the strategy's equity; 0 closes it.

    Which side that is follows from what is held when the signal is judged; until then it is `hold`.
    """
    return Signal(
        side=Side.HOLD,
        reason=reason,
        target=_exact(exposure),
        limit=_exact(limit),
        stop=_exact(stop),
        take_profit=_exact(take_profit),
    )


def hold(reason: str = "") -> Signal:
    """Do nothing on this candle."""
    return Signal(Side.HOLD, reason=reason) if reason else _HOLD


#: What nearly every decision is.
_HOLD = Signal(Side.HOLD)


def _is_traded(number: Decimal) -> bool:
    """Nothing is traded at, or in parts of, a millionth of a millionth of a millionth, nor at its inverse."""
    return number.is_finite() and number > 0 and abs(number.adjusted()) <= _MAGNITUDE


@overload
def _exact(value: Number) -> Decimal: ...
@overload
def _exact(value: None) -> None: ...
def _exact(value: Number | None) -> Decimal | None:
    """As it is written: 0.1 is a tenth, also as a float; a frame's columns are floats."""
    return Decimal(repr(float(value))) if isinstance(value, float) else None if value is None else Decimal(value)
