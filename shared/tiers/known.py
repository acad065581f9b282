"""What was known last at some instants, of rows that have left the database."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from shared.errors import StopError
from shared.tiers.catalogue import TierFile, files_of
from shared.tiers.files import read_rows
from shared.tiers.tables import EQUITY

_COLUMNS = ("strategy_id", "recorded_at_us", "equity_id", "equity")
_NO_ID = -1


class Known(NamedTuple):
    """A row of `equity_history`: the later one of two is the greater."""

    recorded_at_us: int
    equity_id: int
    equity: Decimal


NOTHING = Known(_NO_ID, _NO_ID, Decimal(0))

#: Of a strategy at an instant (us) the newest row from before or at it.
Instants = dict[tuple[str, int], Known]


def with_aged_equity(connection: Connection, root: Path | None, known: Instants) -> Instants:
    """Better knowledge, where files hold a later row than the database does. `root` is paths.archive.

    Only files that may hold one are read. RepairError if one is damaged, StopError without `root` where one is needed.
    """
    found = dict(known)
    for file in sorted(files_of(connection, EQUITY.name), key=lambda file: file.last_us, reverse=True):
        asked = [each for each, row in found.items() if file.first_us <= each[1] and row.recorded_at_us <= file.last_us]
        if not asked:
            continue
        if root is None:
            raise StopError(f"rows of {EQUITY.name} have left the database: say where the archive is to read them")
        rows = _by_strategy(root, file, {name for name, _ in asked})
        for name, at_us in asked:
            place = bisect_right(rows[name], at_us, key=lambda row: row.recorded_at_us)
            if place:
                found[name, at_us] = max(found[name, at_us], rows[name][place - 1])
    return found


def _by_strategy(root: Path, file: TierFile, names: Collection[str]) -> defaultdict[str, list[Known]]:
    rows: defaultdict[str, list[Known]] = defaultdict(list)
    among: dict[str, Iterable[str]] = {"strategy_id": sorted(names)}
    for batch in read_rows(root / file.path, _COLUMNS, among=among):
        for name, at_us, equity_id, equity in batch:
            rows[name].append(Known(at_us, equity_id, Decimal(equity)))
    for each in rows.values():
        each.sort()
    return rows
