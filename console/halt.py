"""`chandler halt`, `reduce` and `resume`: the operator's switch, for the desk or one strategy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from console import words
from shared import ledger
from shared.clock import now_us
from shared.config import Settings
from shared.database import Database, open_database, require_current
from shared.errors import ChandlerError, ConfigError, RetryError
from shared.flag import flag_file, put_up, raised, take_down
from shared.trading import DESK, State, StateRow, effective


def tighten(settings: Settings, strategy_id: str | None, word: str, reason: str) -> int:
    """Set a state that lets less in, `halted` or `reducing`; one as strict stays, whoever set it."""
    row = StateRow(strategy_id or DESK, State(word), "operator", reason or "no reason was given")
    if strategy_id is None:
        with raising_the_flag(flag_file(settings.paths.data), row):
            _tell(_set(settings, row))
    else:
        _tell(_set(settings, row))
    return 0


def resume(settings: Settings, strategy_id: str | None) -> int:
    """Let the desk or a strategy trade again: its state is active, losses count from now, no flatten is pending."""
    scope = strategy_id or DESK
    with opened(settings) as database:
        with database.write() as connection:
            require_known(connection, strategy_id)
            ledger.set_state(connection, StateRow(scope, reason="resumed by the operator"), now_us())
            ledger.forget_marks(connection, scope)
            ledger.withdraw_requests(connection, strategy_id, now_us())
        if strategy_id is None:
            take_down(flag_file(settings.paths.data))
        print(f"{words.scope(scope)} may trade again")
        _tell_what_still_holds(database, settings, strategy_id)
    return 0


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, checked."""
    database = open_database(settings.database_url(), busy_timeout_ms=settings.database.busy_timeout_ms)
    try:
        require_current(database)
        yield database
    finally:
        database.close()


@contextmanager
def raising_the_flag(flag: Path, row: StateRow) -> Iterator[None]:
    """The flag file first: it stops the traders beside it even if the database can't be written now."""
    try:
        put_up(flag, row.state, row.reason)
    except OSError as error:
        print(f"no flag file beside the database ({error}): the database alone says it")
    try:
        yield
    except ChandlerError as error:
        if raised(flag):
            raise RetryError(
                f"the file {flag} stops traders that see it, but the database does not know: {error}"
            ) from error
        raise


def require_known(connection: Connection, strategy_id: str | None) -> None:
    """ConfigError unless it is the desk or a strategy with books."""
    if strategy_id in {each.strategy_id for each in ledger.script_books(connection)}:
        raise ConfigError(f"{strategy_id} is kept by a script, and no trader runs it: there is nothing to stop")
    if strategy_id is not None and strategy_id not in ledger.runnable(connection, [strategy_id]):
        raise ConfigError(f"there is no strategy {strategy_id!r}: `chandler status` lists them")


def _set(settings: Settings, row: StateRow) -> tuple[StateRow, StateRow]:
    with opened(settings) as database, database.write() as connection:
        require_known(connection, None if row.scope == DESK else row.scope)
        return row, ledger.tighten(connection, row, now_us())


def _tell(asked_and_holding: tuple[StateRow, StateRow]) -> None:
    asked, holding = asked_and_holding
    stays = "" if asked == holding else " already, and stays so"
    print(f"{words.scope(holding.scope)} is {holding.words}{stays}")


def _tell_what_still_holds(database: Database, settings: Settings, strategy_id: str | None) -> None:
    with database.read() as connection:
        desk = effective([*raised(flag_file(settings.paths.data)), ledger.state_of(connection, DESK)])
        own = [] if strategy_id else ledger.states_of_strategies(connection)
    if desk.state is not State.ACTIVE:
        print(f"but the desk is {desk.words}: `chandler resume` lifts that")
    for row in own:
        print(f"but {row.scope} is {row.by} still: `chandler resume {row.scope}` lifts that")
