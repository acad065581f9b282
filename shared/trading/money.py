"""Money is exact: Decimal in memory, canonical decimal text at rest.

Python's decimals round every result to 28 digits unless told otherwise. What is `exact` here rounds nothing: sums and
products keep all their digits, and a result that would have to be rounded raises `decimal.Inexact` instead.
"""

from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, getcontext, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

ZERO = Decimal(0)

#: Numbers of `is_sane` size need 100 places behind the point and as many before it, multiplied and summed up.
_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_LARGEST, _LOWEST, _PLACES = Decimal("1e40"), Decimal("-1e40"), 50


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function calculate without rounding."""

    @wraps(function)
    def without_rounding(*args: P.args, **kwargs: P.kwargs) -> R:
        context = getcontext()
        if context.prec == _EXACT.prec and context.traps[Inexact]:  # called by another exact function: most are
            return function(*args, **kwargs)
        with localcontext(_EXACT):
            return function(*args, **kwargs)

    return without_rounding


def is_sane(number: Decimal) -> bool:
    """Whether it is finite, below 1e40 and has at most 50 decimal places: so that exact results stay within bounds."""
    if number.is_finite() and "E" not in (text := str(number)) and len(text) < _PLACES and _LOWEST < number < _LARGEST:
        return True  # most are so short; taking a number apart is slow
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_PLACES and abs(number) < _LARGEST


def plain(amount: Decimal) -> str:
    """The one text of a number: no exponent, no trailing zeros, no negative zero. ValueError unless finite."""
    if not amount.is_finite():
        raise ValueError(f"money must be a finite number, not {amount}")
    text = str(amount)
    if "E" in text:
        text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


@exact
def floor_to_step(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `amount` (towards zero), as an exchange's lot rule wants."""
    return amount // step * step
