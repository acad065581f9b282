"""The audit: positions and balances must follow from what was paid in and traded."""

from collections.abc import Callable

from sqlalchemy import Connection

from shared import ledger


def audit(connection: Connection, go_on: Callable[[], None] = lambda: None) -> list[str]:
    """A sentence for each figure in a strategy's books that its trades don't explain; empty if all is well.

    Asked before each trade, `go_on` may raise to end it.
    """
    return [str(difference) for difference in ledger.verify(connection, go_on)]
