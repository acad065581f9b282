"""Putting the portfolio together: what is held now, and how it came about."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import ceil
from pathlib import Path as Directory

from sqlalchemy import Connection

from shared.errors import ConfigError
from shared.portfolio.curve import ZERO
from shared.portfolio.history import DAY_US, HOUR_US, grid, openings
from shared.portfolio.holdings import Account, Holding
from shared.portfolio.paths import Path, paths, sum_of
from shared.portfolio.ratios import performance
from shared.portfolio.totals import Line, Portfolio, Totals
from shared.portfolio.trips import Trips, activity
from shared.portfolio.views import AccountView, Exposure, PortfolioView, Record, StrategyRow

#: Below this, days are too few to say anything, and hours are taken.
_FEW_DAYS_US = 14 * DAY_US
_YEAR_US = 365 * DAY_US


def report(
    connection: Connection,
    portfolio: Portfolio,
    trips: Mapping[str, Trips],
    now_us: int,
    days: float | None = None,
    strategy_id: str | None = None,
    archive: Directory | None = None,
) -> PortfolioView:
    """All strategies or one, over the last `days` or since the first of them began. `archive` as `curves` wants it.

    ConfigError if there is no such strategy.
    """
    chosen = _chosen(portfolio, strategy_id)
    opened = openings(connection, [holding.strategy_id for holding in chosen])
    since_us = min((opening.at_us for opening in opened.values()), default=now_us)
    if days is not None:
        since_us = max(since_us, now_us - int(days * DAY_US))
    since_us = min(since_us, now_us - 1)
    step_us = HOUR_US if now_us - since_us < _FEW_DAYS_US else DAY_US
    taken = paths(connection, portfolio, opened, grid(since_us, now_us, step_us), archive)
    accounts = []
    for account in sorted({holding.account for holding in chosen}):
        members = [holding for holding in chosen if holding.account == account and holding.strategy_id in taken]
        accounts.append(_account(account, members, portfolio, taken, trips, step_us))
    return PortfolioView(now_us, since_us, step_us, tuple(accounts))


def chart(
    connection: Connection,
    portfolio: Portfolio,
    since_us: int,
    now_us: int,
    points: int,
    archive: Directory | None = None,
) -> dict[Account, Path]:
    """The path of each account in about so many points, to be drawn."""
    step_us = max(1, ceil((now_us - since_us) / points))
    opened = openings(connection, list(portfolio.holdings))
    taken = paths(connection, portfolio, opened, grid(since_us, now_us, step_us), archive)
    members: dict[Account, list[Path]] = {}
    for name, path in taken.items():
        members.setdefault(portfolio.holdings[name].account, []).append(path)
    return {account: sum_of(members[account]) for account in sorted(members)}


def _chosen(portfolio: Portfolio, strategy_id: str | None) -> list[Holding]:
    if strategy_id is None:
        return [portfolio.holdings[name] for name in sorted(portfolio.holdings)]
    if strategy_id not in portfolio.holdings:
        known = ", ".join(sorted(portfolio.holdings)) or "none yet"
        raise ConfigError(f"there is no strategy {strategy_id} in the database; there are: {known}")
    return [portfolio.holdings[strategy_id]]


def _account(
    account: Account,
    members: Sequence[Holding],
    portfolio: Portfolio,
    taken: Mapping[str, Path],
    trips: Mapping[str, Trips],
    step_us: int,
) -> AccountView:
    whole = Portfolio()
    for holding in members:
        whole.hold(holding)
        if (mark := portfolio.mark_of(holding.place)) is not None:
            whole.mark(holding.place, mark)
    names = [holding.strategy_id for holding in members]
    return AccountView(
        account,
        whole.totals.get(account, Totals()),
        _record(sum_of(taken[name] for name in names), [trips[name] for name in names], step_us),
        _rows(members, whole, taken, trips, step_us),
        tuple(_exposure(whole, place, line[account]) for place, line in sorted(whole.lines.items()) if account in line),
    )


def _rows(
    members: Sequence[Holding],
    whole: Portfolio,
    taken: Mapping[str, Path],
    trips: Mapping[str, Trips],
    step_us: int,
) -> tuple[StrategyRow, ...]:
    profits = {holding.strategy_id: holding.pnl(whole.mark_of(holding.place)) for holding in members}
    sizes = sum((abs(pnl) for pnl in profits.values()), ZERO)
    return tuple(
        StrategyRow(
            holding,
            whole.mark_of(holding.place),
            float(profits[holding.strategy_id] / sizes) if sizes else 0.0,
            _record(taken[holding.strategy_id], [trips[holding.strategy_id]], step_us),
        )
        for holding in sorted(members, key=lambda holding: -profits[holding.strategy_id])
    )


def _record(path: Path, followed: Sequence[Trips], step_us: int) -> Record:
    since_us = path.curve.edges_us[0] if path.curve.edges_us else 0
    return Record(
        path.curve,
        path.hold,
        performance(path.curve.returns, _YEAR_US / step_us),
        performance(path.hold.returns, _YEAR_US / step_us),
        activity(followed, since_us),
    )


def _exposure(whole: Portfolio, place: tuple[str, str], line: Line) -> Exposure:
    mark: Decimal | None = whole.mark_of(place)
    totals = line.at(mark)
    return Exposure(place, mark, totals.net, totals.gross, totals.positions)
