"""The audit: positions and balances must follow from what was paid in and traded."""

from sqlalchemy import Connection

from shared import ledger


def audit(connection: Connection) -> list[str]:
    """A sentence for each figure in a strategy's books that its trades don't explain; empty if all is well."""
    return [str(difference) for difference in ledger.verify(connection)]
