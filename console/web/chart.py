"""A curve over time, beside another, as an SVG: where the lines run and what stands at the axes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from math import ceil, floor, log10

from shared.portfolio.curve import Curve
from shared.portfolio.paths import Path

WIDTH, HEIGHT = 960, 260
#: Where the curve ends and the labels of the levels begin.
PLOT = WIDTH - 88
_LEFT, _TOP, _BOTTOM = 8, 10, 24
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
#: Distances between the marks of the time axis, seconds, and how an instant is written there.
_STEPS = (
    *((step, "%H:%M:%S") for step in (1, 5, 15)),
    *((step * _MINUTE, "%H:%M") for step in (1, 5, 15)),
    *((step * _HOUR, "%H:%M") for step in (1, 3, 6)),
    *((step * _DAY, "%d %b") for step in (1, 2, 7, 14, 30, 90)),
    (365 * _DAY, "%b %Y"),
)
_MOST_TIMES = 8


@dataclass(frozen=True)
class Tick:
    """A line across the chart, or a mark below it: at `at` in the picture's units."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """Points of SVG polylines; `area` is closed along the bottom. Empty strings if there is nothing to draw."""

    equity: str
    area: str
    hold: str
    levels: tuple[Tick, ...]
    times: tuple[Tick, ...]
    last: tuple[float, float]


def draw(path: Path) -> Chart | None:
    """The chart of an account's path; None for fewer than two points with equity.

    Money that is paid in later is drawn as if it had been there from the beginning: what moves is what was earned.
    """
    later = _still_to_come(path.curve)
    known = [
        (at_us / 1e6, float(equity + more), float(hold + more))
        for at_us, equity, hold, more in zip(
            path.curve.edges_us, path.curve.equity, path.hold.equity, later, strict=True
        )
        if equity
    ]
    if len(known) < 2:
        return None
    times, equity, hold = (list(column) for column in zip(*known, strict=True))
    low, high = _padded(min(*equity, *hold), max(*equity, *hold))
    xs = [_LEFT + (at - times[0]) / (times[-1] - times[0]) * (PLOT - _LEFT) for at in times]
    ys = [_y(value, low, high) for value in equity]
    bottom = HEIGHT - _BOTTOM
    line = _points(xs, ys)
    return Chart(
        line,
        f"{xs[0]:.1f},{bottom} {line} {xs[-1]:.1f},{bottom}",
        _points(xs, [_y(value, low, high) for value in hold]),
        tuple(_levels(low, high)),
        tuple(_times(times[0], times[-1])),
        (round(xs[-1], 1), round(ys[-1], 1)),
    )


def _still_to_come(curve: Curve) -> list[Decimal]:
    """At each edge, what is paid in after it."""
    so_far = list(accumulate(curve.paid_in))
    return [so_far[-1] - each for each in so_far]


def _padded(low: float, high: float) -> tuple[float, float]:
    """Some room above and below; a flat line runs through the middle."""
    room = (high - low) * 0.08 or abs(high) * 0.001 or 1.0
    return low - room, high + room


def _y(value: float, low: float, high: float) -> float:
    return _TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _points(xs: Sequence[float], ys: Sequence[float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))


def _levels(low: float, high: float) -> Iterator[Tick]:
    """Two to six round numbers."""
    least = (high - low) / 6
    unit = 10.0 ** floor(log10(least))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= least)
    places = max(0, -floor(log10(step)))
    for number in range(ceil(low / step), floor(high / step) + 1):
        yield Tick(round(_y(number * step, low, high), 1), f"{number * step:,.{places}f}".replace("-", "−"))


def _times(first: float, last: float) -> Iterator[Tick]:
    """Up to eight round instants, UTC, none so far left that its label would be cut."""
    step, written = next((s for s in _STEPS if (last - first) / s[0] <= _MOST_TIMES), _STEPS[-1])
    margin = (last - first) / 30
    at = ceil((first + margin) / step) * step
    while at <= last:
        x = _LEFT + (at - first) / (last - first) * (PLOT - _LEFT)
        yield Tick(round(x, 1), datetime.fromtimestamp(at, UTC).strftime(written))
        at += step
