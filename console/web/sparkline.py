"""A line of prices as the points of an SVG polyline. Pure."""

from collections.abc import Sequence

from shared.market.frame import Column

WIDTH, HEIGHT = 160, 32
_MARGIN = 2


def points(values: Sequence[float] | Column) -> str:
    """`x,y x,y ...` inside WIDTH x HEIGHT, the first value leftmost, the largest on top; "" for fewer than two."""
    if len(values) < 2:
        return ""
    low, high = float(min(values)), float(max(values))
    scale = (HEIGHT - 2 * _MARGIN) / (high - low) if high > low else 0.0
    step = WIDTH / (len(values) - 1)
    return " ".join(f"{i * step:.1f},{HEIGHT - _MARGIN - (v - low) * scale:.1f}" for i, v in enumerate(values))
