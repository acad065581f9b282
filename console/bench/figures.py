"""What was measured, beside its goal. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`measured` and `beside` (the floor or the peer of the same run) are as they are shown; `met` None: no goal.

    `values` are the same for programs: milliseconds, rows or megabytes a second.
    """

    what: str
    measured: str
    values: dict[str, float]
    goal: str = ""
    met: bool | None = None
    beside: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 10_000 * len(ordered)) // 10_000) - 1)]


def spread(took_ms: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the largest of some times, ms."""
    return {"p50": percentile(took_ms, 0.5), "p99": percentile(took_ms, 0.99), "max": max(took_ms)}


def times(
    what: str, took_ms: Sequence[float], beside_ms: Sequence[float] = (), errors: int = 0, **goals: float
) -> Figure:
    """Times with goals for any of p50, p99 and max (ms, which none may reach); an error misses every goal."""
    values = spread(took_ms)
    told = f"p50 {values['p50']:.3f}, p99 {values['p99']:.3f}, max {values['max']:.1f} ms"
    goal = ", ".join(f"{name} < {limit:g} ms" for name, limit in goals.items())
    met = all(values[name] < limit for name, limit in goals.items()) and not errors if goals else None
    beside = spread(beside_ms) if beside_ms else None
    return Figure(
        f"{what} ({len(took_ms):,})",
        f"{told}, {errors:,} errors" if errors else told,
        {**values, "count": len(took_ms), "errors": errors},
        goal,
        met,
        f"p50 {beside['p50']:.3f}, p99 {beside['p99']:.3f}, max {beside['max']:.1f} ms" if beside else "",
    )


def rate(what: str, measured: float, unit: str, at_least: float, beside: str = "") -> Figure:
    """So much a second, of which there must be more than `at_least`."""
    name = unit.replace("/", "_per_")
    return Figure(
        what, f"{measured:,.0f} {unit}", {name: measured}, f"> {at_least:,.0f} {unit}", measured > at_least, beside
    )
