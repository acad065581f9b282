"""`chandler resume`: what an operator does once the cause of a halt is mended."""

from shared import ledger
from shared.clock import now_us
from shared.database import open_database, require_current
from shared.errors import ConfigError
from shared.trading import StateRow


def resume_strategy(url: str, strategy_id: str) -> int:
    """Make a halted strategy active again and say so; ConfigError if nobody knows it."""
    database = open_database(url)
    try:
        require_current(database)
        with database.write() as connection:
            if strategy_id not in ledger.runnable(connection, [strategy_id]):
                raise ConfigError(f"there is no strategy {strategy_id!r}: `chandler status` lists them")
            ledger.set_state(connection, StateRow(strategy_id, reason="resumed by the operator"), now_us())
    finally:
        database.close()
    print(f"{strategy_id} may run again")
    return 0
