"""Money is exact: Decimal in memory, canonical decimal text at rest."""

from decimal import Decimal


def plain(amount: Decimal) -> str:
    """The one text of a number: no exponent, no trailing zeros, no negative zero. ValueError unless finite."""
    if not amount.is_finite():
        raise ValueError(f"money must be a finite number, not {amount}")
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def floor_to_step(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `amount` (towards zero), as an exchange's lot rule wants."""
    return amount // step * step
