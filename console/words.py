"""Numbers and times as an operator reads them. Pure; the exact values stay in the JSON."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from shared.trading import DESK

NOTHING = "–"
_CENT = Decimal("0.01")


def count(number: int) -> str:
    """1234567 -> 1,234,567."""
    return f"{number:,}"


def several(number: int, noun: str, plural: str = "") -> str:
    """1 trade; 2 trades; 1,234 strategies."""
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


def money(amount: Decimal | None) -> str:
    """Two digits after the point, more only where the amount would vanish: 9,998.13, 0.00042."""
    if amount is None:
        return NOTHING
    return f"{amount.quantize(_CENT, ROUND_HALF_EVEN):,f}" if abs(amount) >= 1 or not amount else f"{_short(amount):f}"


def signed(amount: Decimal | None) -> str:
    """A profit with its sign: +1.20, −0.35, 0.00."""
    if amount is None:
        return NOTHING
    rounded = amount.quantize(_CENT, ROUND_HALF_EVEN)
    if not rounded:
        return "0.00"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):,f}"


def quantity(amount: Decimal) -> str:
    """An amount of an asset with at most six significant digits; nothing held is a dash."""
    return f"{_short(amount):,f}" if amount else NOTHING


def scope(name: str) -> str:
    """A strategy's id, or the desk."""
    return "the desk" if name == DESK else name


def percent(fraction: float | None, places: int = 2, *, signed: bool = True) -> str:
    """0.0401 -> +4.01 %; without a sign where it can't be below zero."""
    if fraction is None:
        return NOTHING
    text = f"{abs(fraction):,.{places}%}".replace("%", " %")
    if not signed or not any(digit in text for digit in "123456789"):
        return text
    return f"{'+' if fraction > 0 else '−'}{text}"


def ratio(number: float | None) -> str:
    """A figure without a unit: 1.23, −0.40."""
    return NOTHING if number is None else f"{number:,.2f}".replace("-", "−")


def duration(ms: int | None) -> str:
    """The largest unit that fits, with one digit below ten seconds: 0.4 s, 12 s, 3 min, 5 h, 2 d."""
    if ms is None:
        return NOTHING
    seconds = ms / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    for unit, length, limit in (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800)):
        if seconds < limit:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds // 86_400)} d"


def printable(text: str) -> str:
    """What a file or an exchange wrote, so that it can't move a terminal's cursor: the rest as `�`."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def offset(ms: int | None) -> str:
    """How far a clock is ahead of ours, or behind: +2,500 ms, −40 ms."""
    return NOTHING if ms is None else f"{'−' if ms < 0 else '+'}{count(abs(ms))} ms"


def clock(ms: int | None) -> str:
    """The time of day, UTC."""
    return NOTHING if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S")


def moment(ms: int | None) -> str:
    """Date and time, UTC."""
    return NOTHING if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def owner(name: str | None) -> str:
    """The trader process in few letters: the end of its id and its host."""
    if name is None:
        return NOTHING
    unique, _, host = name.partition("@")
    return f"{unique[:6]}@{host[:12]}" if host else name[:12]


def _short(amount: Decimal) -> Decimal:
    """Six significant digits without trailing zeros, never an exponent."""
    rounded = Decimal(f"{amount:.6g}").normalize()
    return rounded if rounded.as_tuple().exponent <= 0 else rounded.quantize(Decimal(1))  # type: ignore[operator]
