"""Looking at every file of aged rows: is it whole, and is it what the database and its checksums say?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from shared.archive.place import TABLES
from shared.archive.sums import SUMS, is_open, read_sums
from shared.database import Database
from shared.errors import RepairError
from shared.tiers.catalogue import TierFile, all_files, done_with
from shared.tiers.files import digest, read_contents, read_rows
from shared.tiers.pack import prove
from shared.tiers.policy import FROZEN
from shared.tiers.tables import AGED

_FOREVER_US = 2**62


class Problem(NamedTuple):
    """Something that is not as it should be.

    `kind`: `file` (damaged or gone), `open` (a frozen file that can be written, or that the checksums don't name),
    `sums` (the checksum of what is not frozen), `unknown` (nothing counts on it).
    """

    path: Path
    kind: str
    told: str


def verify(database: Database, root: Path) -> list[Problem]:
    """Everything that is wrong, in the order of the paths; every byte is read."""
    with database.read() as connection:
        files = all_files(connection)
        replaced = {root / path for path in done_with(connection, _FOREVER_US)}
    found = [problem for file in files if (problem := _fault(root, file))]
    found += _sums_faults(root, files)
    named = {root / file.path for file in files} | replaced
    strangers = sorted(set((root / TABLES).glob("*/*/*.parquet")) - named)
    found += [Problem(path, "unknown", f"{path}: the database knows nothing of it") for path in strangers]
    return sorted(found, key=lambda problem: problem.path)


def _fault(root: Path, file: TierFile) -> Problem | None:
    path = root / file.path
    try:
        prove(root, file)
        contents = read_contents(path)
        rows = digest(read_rows(path, AGED[file.table_name].columns))
    except RepairError as error:
        return Problem(path, "file", str(error))
    if (contents.table, contents.rows) != (file.table_name, file.rows) or rows != (contents.rows, contents.rows_sha256):
        return Problem(path, "file", f"{path} holds other rows than the database says")
    if file.tier == FROZEN and is_open(path):
        return Problem(path, "open", f"{path} is frozen, and can be written: chmod a-w")
    if file.tier == FROZEN and read_sums(path.parent).get(path.name) != file.sha256:
        return Problem(path, "open", f"{path} is frozen, and {SUMS} beside it does not tell its checksum")
    return None


def _sums_faults(root: Path, files: Sequence[TierFile]) -> Iterator[Problem]:
    known = {root / file.path for file in files if file.tier == FROZEN}
    for place in sorted((root / TABLES).glob(f"*/*/{SUMS}")):
        for name in read_sums(place.parent):
            if place.parent / name not in known:
                yield Problem(place, "sums", f"{place} names {name}, which is not frozen")
