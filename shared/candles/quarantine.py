"""Rows that were refused, as they came. Nothing here ever reaches a strategy."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from shared.candles.partition import named
from shared.market import Refusal, Series
from shared.models import quarantine

_LONGEST, _MOST = 500, 1_000
_KEY = ("exchange", "symbol", "timeframe", "reason")
_OF_REASON = tuple(quarantine.c[name] == bindparam(f"its_{name}") for name in _KEY)
_AGAIN = (
    update(quarantine)
    .where(*_OF_REASON, quarantine.c.row == bindparam("what"))
    .values(times=quarantine.c.times + bindparam("more"), last_seen_us=bindparam("now"))
)
_COUNT = select(func.count()).select_from(quarantine).where(*_OF_REASON)
_ADD = insert(quarantine)


def put_away(connection: Connection, series: Series, refused: Iterable[Refusal], source: str, now_us: int) -> None:
    """Record refused rows; `source` says where they came from: rest, stream, bulk, import or journal.

    A row that came before is counted. Of a series the first thousand different rows are kept for each reason; the
    others are counted together, in a row that is empty.
    """
    counted = Counter((refusal.reason, str(refusal.row).replace("\0", "")[:_LONGEST]) for refusal in refused)
    for (reason, row), times in counted.items():
        key = {**named(series), "reason": reason}
        where = {f"its_{name}": value for name, value in key.items()}
        if _seen_again(connection, {**where, "what": row, "more": times, "now": now_us}):
            continue
        full = connection.execute(_COUNT, where).scalar_one() >= _MOST
        if full and _seen_again(connection, {**where, "what": "", "more": times, "now": now_us}):
            continue
        seen = {"times": times, "first_seen_us": now_us, "last_seen_us": now_us}
        connection.execute(_ADD, {**key, "row": "" if full else row, "source": source, **seen})


def _seen_again(connection: Connection, row: dict[str, Any]) -> bool:
    return bool(connection.execute(_AGAIN, row).rowcount)
