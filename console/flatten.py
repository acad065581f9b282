"""`chandler flatten`: close everything, and say when it is closed."""

import time

from sqlalchemy import Connection

from console import words
from console.halt import opened, raising_the_flag, require_known
from shared import ledger
from shared.clock import now_us
from shared.config import Settings
from shared.database import Database, lease_time
from shared.flag import flag_file
from shared.market import base_of
from shared.trading import DESK, State, StateRow

_WORD = "flatten"
_LOOK_SECONDS = 0.2


def flatten(settings: Settings, strategy_id: str | None, reason: str, seconds: float, *, confirmed: bool) -> int:
    """Halt the desk or a strategy and have its positions closed; 1 if that was not confirmed, or not done in time."""
    row = StateRow(strategy_id or DESK, State.HALTED, "operator", reason or "flatten")
    with opened(settings) as database:
        with database.read() as connection:
            require_known(connection, strategy_id)
            listed = _holdings(connection, strategy_id)
        print(f"{words.scope(row.scope)} is to be halted, and closed at the market:")
        print("  " + (", ".join(listed) or "nothing is open"))
        if not confirmed and not _is_typed():
            print("not confirmed: nothing was done")
            return 1
        if strategy_id is None:
            with raising_the_flag(flag_file(settings.paths.data), row):
                asked = _ask(database, row, strategy_id)
        else:
            asked = _ask(database, row, strategy_id)
        return _wait(database, asked, seconds)


def _holdings(connection: Connection, strategy_id: str | None) -> list[str]:
    traded = ledger.not_flat(connection)
    return [
        f"{each.strategy_id} ({words.quantity(each.amount)} {base_of(each.symbol)}, {each.broker})"
        for each in ledger.held(connection)
        if each.amount and each.strategy_id in traded and strategy_id in (None, each.strategy_id)
    ]


def _is_typed() -> bool:
    try:
        return input(f"Type {_WORD} to go on: ").strip() == _WORD
    except EOFError:
        return False


def _ask(database: Database, row: StateRow, strategy_id: str | None) -> set[str]:
    """State and requests in one transaction: from here on no entry is let in beside them."""
    with database.write() as connection:
        ledger.tighten(connection, row, now_us())
        open_ones = ledger.not_flat(connection)
        asked = open_ones if strategy_id is None else open_ones & {strategy_id}
        for each in asked:
            ledger.request_flatten(connection, each, row.reason, now_us())
    print(f"{words.scope(row.scope)} is halted")
    return asked


def _wait(database: Database, asked: set[str], seconds: float) -> int:
    left, deadline = set(asked), time.monotonic() + seconds
    while left:
        with database.read() as connection:
            done = left - ledger.unfinished(connection, left)
        for each in sorted(done):
            print(f"{each} is closed")
        left -= done
        if left and time.monotonic() >= deadline:
            return _tell_unfinished(database, left)
        if left:
            time.sleep(_LOOK_SECONDS)
    print("everything is closed" if asked else "nothing was open")
    return 0


def _tell_unfinished(database: Database, left: set[str]) -> int:
    with database.read() as connection:
        leases, now = ledger.leases_of(connection, left), lease_time(connection)
    for lease in sorted(leases, key=lambda each: each.strategy_id):
        runs = lease.is_held(*now)
        why = f"trader {words.owner(lease.owner)} is at it" if runs else "no trader runs it: it is closed when one does"
        print(f"{lease.strategy_id} is not closed yet: {why}")
    return 1
