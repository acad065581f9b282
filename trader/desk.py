"""The watch over losses: once a second equities are held against their marks, and what is too much changes a state."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import Connection
from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_us, now_us
from shared.config import RiskSettings, StrategySettings
from shared.database import Database
from shared.market import quote_of
from shared.trading import DESK, Mark, StateRow, marked
from trader.risk import breach

_SECOND_US = 1_000_000
ZERO = Decimal(0)


class DeskWatch:
    """Every trader has one. They do the same and find what another has just done done: nobody needs to be chosen."""

    def __init__(
        self, database: Database, wanted: Mapping[str, StrategySettings], desk: RiskSettings, log: FilteringBoundLogger
    ) -> None:
        """`wanted` are the strategies whose limits this process knows; `desk` limits the sums over all."""
        self._database = database
        self._limits = {name: each.risk for name, each in wanted.items() if _limits_losses(each.risk)}
        self._desk = desk if _limits_losses(desk) else None
        self._log = log
        self._look_at = 0
        self._has_looked = False

    def look(self) -> None:
        """Once a second, and only if there is a limit on losses; where nothing has changed nothing is written."""
        if boot_us() < self._look_at or not (self._limits or self._desk):
            return
        self._look_at = boot_us() + _SECOND_US
        with self._database.read() as connection:
            if self._has_looked and not any(
                has_moved for _, has_moved in moves(connection, self._limits, self._desk, now_us())
            ):
                return
        with self._database.write() as connection:
            tripped = watch(connection, self._limits, self._desk, now_us())
        self._has_looked = True
        for row in tripped:
            self._log.error("risk", scope=row.scope, state=row.state.value, reason=row.reason)


def watch(
    connection: Connection, limits: Mapping[str, RiskSettings], desk: RiskSettings | None, now_us: int
) -> list[StateRow]:
    """Move the marks that nobody has moved just now, and set what they call for; the states that changed.

    One transaction, so that marks only move on from where they stand.
    """
    moved = [mark for mark, _ in moves(connection, limits, desk, now_us)]
    ledger.save_marks(connection, moved)
    return [row for mark in moved if (row := _trip(connection, mark, limits.get(mark.scope) or desk, now_us))]


def moves(
    connection: Connection, limits: Mapping[str, RiskSettings], desk: RiskSettings | None, now_us: int
) -> list[tuple[Mark, bool]]:
    """Each mark as it is to be now, and whether anything but its time differs."""
    before, holdings = ledger.marks(connection), ledger.held(connection)
    found = equities(holdings, ledger.cash_of(connection, holdings), limits.keys(), with_desk=desk is not None)
    due = {scope: before.get(scope) for scope in found if not is_just_moved(before.get(scope), now_us)}
    after = [marked(old, scope, *found[scope], now_us) for scope, old in due.items()]
    return [(mark, due[mark.scope] != replace(mark, updated_at_us=_stamp(due[mark.scope]))) for mark in after]


def equities(
    holdings: Iterable[ledger.Held],
    cash: Mapping[str, tuple[Decimal, Decimal]],
    limited: Iterable[str],
    *,
    with_desk: bool,
) -> dict[str, tuple[Decimal, Decimal]]:
    """By scope the equity, and the cash that it began as; `limited` are the strategies that are watched alone."""
    alone = set(limited)
    sums: defaultdict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for each in holdings:
        now, opening = cash[each.strategy_id]
        scopes = [each.strategy_id] if each.strategy_id in alone else []
        scopes += [ledger.desk_scope(each.broker, quote_of(each.symbol))] if with_desk else []
        for scope in scopes:
            equity, paid_in = sums[scope]
            sums[scope] = equity + now + each.worth, paid_in + opening
    return dict(sums)


def is_just_moved(mark: Mark | None, now_us: int) -> bool:
    """Whether another process was here within half a second; a stamp from the future is from before a clock's step."""
    return mark is not None and 0 <= now_us - mark.updated_at_us < _SECOND_US // 2


def _stamp(mark: Mark | None) -> int:
    return mark.updated_at_us if mark else 0


def _trip(connection: Connection, mark: Mark, limits: RiskSettings | None, now_us: int) -> StateRow | None:
    found = limits and breach(mark, limits)
    if not found:
        return None
    is_desk = mark.scope.startswith(DESK)
    reason = f"{mark.scope.removeprefix(DESK)}: {found[1]}" if is_desk else found[1]
    row = StateRow(DESK if is_desk else mark.scope, found[0], "risk", reason)
    old = ledger.state_of(connection, row.scope)
    return row if ledger.tighten(connection, row, now_us) == row and old.state is not row.state else None


def _limits_losses(limits: RiskSettings) -> bool:
    return limits.max_daily_loss is not None or limits.max_drawdown is not None
