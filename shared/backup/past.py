"""Whether a full backup lies in the past of the increment that is to go on from it.

A database file that was put back by hand lives on in the same timeline, and a full backup that was taken in between
holds what never happened to it. Both tell the time that they have in common: the log, and the rows that were appended.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.database.changes import STAMP

_LOG = "change_log"
_ENTRY = 'change_id, at_us, table_name, operation, "row"'


def contradiction(
    connection: Any, increment: str, appended: Mapping[str, Sequence[str]], since_us: int, until_us: int
) -> str | None:
    """What the full backup (`main`, untouched yet) and the attached increment tell differently of the time after
    `since_us`, up to `until_us`, which both hold; None if they agree. `appended`: the keys of those tables.
    """
    span = {"since": since_us, "until": until_us}
    for one, other in (("main", increment), (increment, "main")):
        query = f"{_logged(one)} EXCEPT {_logged(other)} LIMIT 1"
        if connection.execute(query, span).fetchone():
            return _LOG
        for table, key in appended.items():
            query = (
                f"{_rows(one, table, key)} EXCEPT {_rows(other, table, key)} EXCEPT {_touched(increment, table, key)}"
            )
            if connection.execute(f"{query} LIMIT 1", span).fetchone():
                return table
    return None


def _logged(schema: str) -> str:
    return f"SELECT {_ENTRY} FROM {schema}.{_LOG} WHERE at_us > :since AND at_us <= :until"  # noqa: S608 - our own names


def _rows(schema: str, table: str, key: Sequence[str]) -> str:
    columns = ", ".join((*key, STAMP))
    return f"SELECT {columns} FROM {schema}.{table} WHERE {STAMP} > :since AND {STAMP} <= :until"  # noqa: S608


def _touched(schema: str, table: str, key: Sequence[str]) -> str:
    """Rows that the log speaks of: they may have been changed, or have left, since. By their stamps, too: a number may
    have been given out again.
    """
    told = ", ".join(f"json_extract(\"row\", '$.{name}')" for name in (*key, STAMP))
    return f"SELECT {told} FROM {schema}.{_LOG} WHERE table_name = '{table}'"  # noqa: S608
