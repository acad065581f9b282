"""How results are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Result:
    """One figure, what it stands beside, and the goal; `met` is None where there is no goal."""

    what: str
    figure: str
    beside: str = ""
    goal: str = ""
    met: bool | None = None


def show(name: str, results: Sequence[Result]) -> None:
    """Print results as rows of a Markdown table, so that they can be kept as they are."""
    print(f"\n{name}\n| what | measured | beside | goal | met |\n|---|---|---|---|---|", flush=True)
    for result in results:
        met = "" if result.met is None else "yes" if result.met else "NO"
        print(f"| {result.what} | {result.figure} | {result.beside} | {result.goal} | {met} |", flush=True)


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """`median unit (smallest-largest)`."""
    low, high = min(values), max(values)
    return f"{median(values):,.{digits}f} {unit} ({low:,.{digits}f}-{high:,.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000 * len(ordered)) // 1000) - 1)]
