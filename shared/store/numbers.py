"""What a script hands over, looked at before anything is written: numbers, names, times."""

import re
from decimal import Decimal, InvalidOperation

from shared.trading import Side
from shared.trading.money import is_sane

#: A number as a script may hand it over: exact. A float is none.
Exact = Decimal | int | str

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SYMBOL = re.compile(r"[^/\s]+/[^/\s]+")
_LONGEST = 200
#: 2001 and 2286: seconds, milliseconds and nanoseconds of our days lie outside.
_EARLIEST_US, _LATEST_US = 10**15, 10**16


def exact(number: Exact, what: str) -> Decimal:
    """The number, to the last digit. TypeError for a float, ValueError for what is no number or beyond 1e40."""
    if isinstance(number, float):
        raise TypeError(f"{what} is the float {number!r}, which is not exact: write '{number!r}' or Decimal")
    if isinstance(number, bool) or not isinstance(number, Decimal | int | str):
        raise TypeError(f"{what} must be Decimal, int or str, not {number!r}")
    try:
        found = Decimal(number)
    except InvalidOperation:
        raise ValueError(f"{what} {number!r} is no number, as '0.00025'") from None
    if not is_sane(found):
        raise ValueError(f"{what} {number!r} can't be kept: a number below 1e40 with at most 50 places is meant")
    return found


def above_zero(number: Exact, what: str) -> Decimal:
    """The same of what must be more than nothing."""
    found = exact(number, what)
    if found <= 0:
        raise ValueError(f"{what} is {number}: a number above 0 is meant")
    return found


def not_below_zero(number: Exact, what: str) -> Decimal:
    """The same of what may be nothing, and not less."""
    found = exact(number, what)
    if found < 0:
        raise ValueError(f"{what} is {number}: it can't be below 0")
    return found


def side_of(side: Side | str) -> Side:
    """`buy` or `sell`."""
    if side not in (Side.BUY, Side.SELL):
        raise ValueError(f"side {side!r} is neither 'buy' nor 'sell'")
    return Side(side)


def text(words: str, what: str, *, may_be_empty: bool = False) -> str:
    """Words that any file and database takes: no longer than 200 letters, and no half letters in them."""
    if not isinstance(words, str):
        raise TypeError(f"{what} must be text, not {words!r}")
    if not words and not may_be_empty:
        raise ValueError(f"{what} is empty")
    if len(words) > _LONGEST or "\0" in words or not _is_whole(words):
        raise ValueError(f"{what} {words[:_LONGEST]!r} can't be kept: up to {_LONGEST} letters of plain text are meant")
    return words


def as_id(name: str) -> str:
    """An id of books, as a strategy's."""
    if not _ID.fullmatch(text(name, "the id")):
        raise ValueError(f"{name!r} is no id: up to 64 letters, digits, '_', '.' and '-' are meant, a letter first")
    return name


def market(symbol: str) -> str:
    """A market's symbol, as ccxt writes it."""
    if not _SYMBOL.fullmatch(text(symbol, "the symbol")):
        raise ValueError(f"{symbol!r} is no market: write it as BTC/USDT")
    return symbol


def moment(at_us: int, what: str) -> int:
    """Wall-clock microseconds; what was meant in seconds or milliseconds would lie in 1970."""
    if isinstance(at_us, bool) or not isinstance(at_us, int):
        raise TypeError(f"{what} must be a whole number of microseconds UTC, not {at_us!r}")
    if not _EARLIEST_US <= at_us < _LATEST_US:
        raise ValueError(f"{what} {at_us} is no time in microseconds UTC, as {_EARLIEST_US}")
    return at_us


def _is_whole(words: str) -> bool:
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True
