"""The way each strategy's money took, beside buy-and-hold's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path as Directory

from sqlalchemy import Connection

from shared.market import Series
from shared.portfolio.curve import Curve, together
from shared.portfolio.history import Opening, closes, curves
from shared.portfolio.hold import held
from shared.portfolio.holdings import Holding
from shared.portfolio.totals import Portfolio


@dataclass(frozen=True)
class Path:
    """Equity over time, and what buy-and-hold would have made of the same money."""

    curve: Curve
    hold: Curve


def paths(
    connection: Connection,
    portfolio: Portfolio,
    opened: Mapping[str, Opening],
    edges_us: tuple[int, ...],
    archive: Directory | None = None,
) -> dict[str, Path]:
    """The path of each strategy; the last edge is now, at the live marks. `archive` as `curves` wants it."""
    closed: dict[Series, list[float | None]] = {}
    found = {}
    for name, curve in curves(connection, opened, edges_us, archive).items():
        holding = portfolio.holdings[name]
        series = Series(holding.exchange, holding.symbol, holding.timeframe)
        if series not in closed:
            closed[series] = closes(connection, series, edges_us)
        mark = portfolio.mark_of(holding.place)
        prices = closed[series] if mark is None else [*closed[series][:-1], float(mark)]
        (at_opening,) = closes(connection, series, [opened[name].at_us]) if any(curve.paid_in) else [None]
        live = _now(curve, holding, mark)
        found[name] = Path(live, held(live, prices, at_opening))
    return found


def sum_of(taken: Iterable[Path]) -> Path:
    """All of them together."""
    taken = tuple(taken)
    return Path(together(path.curve for path in taken), together(path.hold for path in taken))


def _now(curve: Curve, holding: Holding, mark: Decimal | None) -> Curve:
    """What is held without a price is worth what was known last."""
    if holding.position.is_open and mark is None:
        return curve
    return curve.ending(holding.cash + holding.value(mark))
