"""Reading what was: equity and closes at the edges of a grid, each by one seek, however many rows lie between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import CTE, Connection, Integer, bindparam, column, select, true, values

from shared.candles.partition import named, of_series
from shared.market import Series
from shared.models import equity_history, ohlcv_data, strategy_metadata
from shared.portfolio.curve import ZERO, Curve
from shared.tiers.known import NOTHING, Known, with_aged_equity

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(frozen=True)
class Opening:
    """When a strategy's books were opened (us), and with how much (quote)."""

    at_us: int
    equity: Decimal


def grid(start_us: int, end_us: int, step_us: int) -> tuple[int, ...]:
    """Start, every multiple of the step between, and end: so a day begins at 00:00 UTC. All in microseconds."""
    first = start_us - start_us % step_us + step_us
    return (start_us, *range(first, end_us, step_us), end_us)


def _equity_of_strategy(what: Any) -> Any:
    return select(what).where(equity_history.c.strategy_id == strategy_metadata.c.strategy_id).limit(1)


def _first(what: Any) -> Any:
    ordered = _equity_of_strategy(what).order_by(equity_history.c.recorded_at_us, equity_history.c.equity_id)
    return ordered.correlate(strategy_metadata).scalar_subquery()


_AMONG = strategy_metadata.c.strategy_id.in_(bindparam("ids", expanding=True))
_OPENINGS = select(
    strategy_metadata.c.strategy_id, _first(equity_history.c.recorded_at_us), _first(equity_history.c.equity)
).where(_AMONG)


def openings(connection: Connection, ids: Sequence[str]) -> dict[str, Opening]:
    """When each strategy's books began; one without equity is left out."""
    rows = connection.execute(_OPENINGS, {"ids": ids})
    return {name: Opening(at_us, equity) for name, at_us, equity in rows if at_us is not None}


def curves(
    connection: Connection, opened: Mapping[str, Opening], edges_us: tuple[int, ...], archive: Path | None = None
) -> dict[str, Curve]:
    """The equity curve of each strategy: what `equity_history` knew last at each edge, nothing before its opening.

    Rows that have left the database are read in `archive`; StopError without it if there are any that matter.
    """
    edges = _instants(edges_us)
    newest = (
        _equity_of_strategy(equity_history.c.equity_id)
        .where(equity_history.c.recorded_at_us <= edges.c.at)
        .order_by(equity_history.c.recorded_at_us.desc(), equity_history.c.equity_id.desc())
        .correlate(strategy_metadata, edges)
        .scalar_subquery()
    )
    known = [equity_history.c[name] for name in Known._fields]
    every = (
        select(strategy_metadata.c.strategy_id, edges.c.at, *known)
        .join_from(strategy_metadata, edges, true())
        .join(equity_history, equity_history.c.equity_id == newest)
    )
    found = {(name, at_us): NOTHING for name, opening in opened.items() for at_us in edges_us if at_us >= opening.at_us}
    for name, at_us, *row in connection.execute(every.where(_AMONG), {"ids": list(opened)}):
        found[name, at_us] = Known(*row)
    found = with_aged_equity(connection, archive, found)
    made = {}
    for name, opening in opened.items():
        equity = tuple(found.get((name, at_us), NOTHING).equity for at_us in edges_us)
        made[name] = Curve(edges_us, equity, _paid_in(edges_us, opening))
    return made


def closes(connection: Connection, series: Series, instants_us: Sequence[int]) -> list[float | None]:
    """The close of the last candle that was closed at each instant; None where there was none yet."""
    opens = [at // 1_000 - series.step for at in instants_us]
    edges = _instants(opens)
    close = (
        select(ohlcv_data.c.close)
        .where(of_series(ohlcv_data), ohlcv_data.c.timestamp <= edges.c.at)
        .order_by(ohlcv_data.c.timestamp.desc())
        .limit(1)
        .correlate(edges)
        .scalar_subquery()
    )
    found = dict(connection.execute(select(edges.c.at, close), named(series)).tuples().all())
    return [found[at] for at in opens]


def _instants(instants: Sequence[int]) -> CTE:
    """A table of one column, `at`, in the statement itself."""
    rows = [(at,) for at in sorted(set(instants))]
    return values(column("at", Integer), name="instants", literal_binds=True).data(rows).cte("edges")


def _paid_in(edges_us: Sequence[int], opening: Opening) -> tuple[Decimal, ...]:
    later = (opening.equity if before < opening.at_us <= at else ZERO for before, at in pairwise(edges_us))
    return (ZERO, *later)
