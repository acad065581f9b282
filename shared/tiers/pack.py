"""Files grow old, too: those of a month become one that is packed harder, then read-only, and at last may be deleted.

A file that was replaced stays for a while, for whoever reads it at this moment; then the next round removes it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from shared.archive import Month
from shared.archive.manifest import file_digest
from shared.archive.place import TABLES
from shared.archive.record import Move, record
from shared.archive.sums import write_sums
from shared.config import TierPolicy
from shared.errors import RepairError
from shared.tiers.catalogue import TierFile, all_files, done_with, entered_us, files_of, replace_files
from shared.tiers.files import Rows, read_rows
from shared.tiers.place import sweep, writing_tables
from shared.tiers.policy import FROZEN, GONE, TIERS, tier_by
from shared.tiers.put import put_rows
from shared.tiers.shelf import Shelf
from shared.tiers.tables import Aged

#: How long after it was replaced a file may still be read.
_LINGER_US = 3_600_000_000


def pack_aged(shelf: Shelf, aged: Aged, policy: TierPolicy, held_us: int, now_us: int) -> int:
    """Bring a table's files to the tiers of their age, month by month; returns how many months changed.

    `held_us`: only files that were entered by then, of which a backup has copies.

    RepairError if a file is not what was written: it stays, and so does its month.
    """
    changed = 0
    with writing_tables(shelf.root):
        for month, files in _months(shelf, aged).items():
            wanted = tier_by(policy, month.end * 1_000, now_us)
            behind = [file for file in files if TIERS.index(file.tier) < TIERS.index(wanted)]
            if shelf.stopped() or not behind or not are_held(shelf, behind, held_us):
                continue
            changed += 1
            if wanted == GONE:
                _give_up(shelf, aged, policy, behind, now_us)
            else:
                _merge(shelf, aged, policy, month, wanted, behind, now_us)
    return changed


def tidy(shelf: Shelf, now_us: int) -> None:
    """Remove drafts and what was replaced, and have the checksums of frozen files be what they are."""
    with writing_tables(shelf.root):
        with shelf.database.read() as connection:
            files, left = all_files(connection), done_with(connection, now_us - _LINGER_US)
        for path in left:
            (shelf.root / path).unlink(missing_ok=True)
        directories = sorted(path for path in (shelf.root / TABLES).glob("*/*") if path.is_dir())
        sweep(directories)
        for directory in directories:
            write_sums(directory, _sums(shelf.root, directory, files))


def prove(root: Path, file: TierFile) -> None:
    """RepairError if a file is not there, or any byte of it is not what was written."""
    path = root / file.path
    if not path.is_file():
        raise RepairError(f"{path} is gone: {file.rows} rows of {file.table_name} are in it: put it back from a backup")
    if path.stat().st_size != file.bytes or file_digest(path) != file.sha256:
        raise RepairError(
            f"{path} is damaged: its checksum is not what was written: put it back from a backup, then"
            " `chandler tiers verify`"
        )


def are_held(shelf: Shelf, files: Iterable[TierFile], held_us: int) -> bool:
    """Whether a backup that holds everything stamped by `held_us` has a copy of each."""
    with shelf.database.read() as connection:
        return all(entered_us(connection, file) <= held_us for file in files)


def _months(shelf: Shelf, aged: Aged) -> dict[Month, list[TierFile]]:
    months: defaultdict[Month, list[TierFile]] = defaultdict(list)
    with shelf.database.read() as connection:
        for file in files_of(connection, aged.name):
            months[file.month].append(file)
    return dict(months)


def _merge(
    shelf: Shelf, aged: Aged, policy: TierPolicy, month: Month, tier: str, old: Sequence[TierFile], now_us: int
) -> None:
    for file in old:
        prove(shelf.root, file)

    def batches() -> Iterator[Rows]:
        return chain.from_iterable(read_rows(shelf.root / file.path, aged.columns) for file in old)

    new = put_rows(shelf.root, aged, month, tier, batches, now_us, shelf.step)
    if tier == FROZEN:
        with shelf.database.read() as connection:
            files = [*all_files(connection), new]
        directory = (shelf.root / new.path).parent
        write_sums(directory, _sums(shelf.root, directory, files))
        shelf.step("summed")
    with shelf.database.write() as connection:
        replace_files(connection, old, new)
        of = _Record(aged, policy, tier, now_us)
        record(connection, of.line("move", new, min((file.tier for file in old), key=TIERS.index), "packed, read back"))
        for file in old:
            if file.path != new.path:
                record(connection, of.line("prune", file, file.tier, f"its rows are in {new.path}"))
    shelf.step("merged")


def _give_up(shelf: Shelf, aged: Aged, policy: TierPolicy, old: Sequence[TierFile], now_us: int) -> None:
    with shelf.database.write() as connection:
        replace_files(connection, old, None)
        of = _Record(aged, policy, GONE, now_us)
        for file in old:
            record(connection, of.line("delete", file, file.tier, f"older than {policy.frozen_days:g} days"))
    shelf.step("given up")


class _Record:
    """Lines for the record of one step."""

    def __init__(self, aged: Aged, policy: TierPolicy, tier: str, now_us: int) -> None:
        keys = ["warm_days", "cold_days", "frozen_days"]
        told = ", ".join([f"{key} = {getattr(policy, key):g}" for key in keys] + ["delete"] * policy.delete)
        self._aged, self._policy, self._tier, self._now_us = aged, f"tiers.{aged.name}: {told}", tier, now_us

    def line(self, action: str, file: TierFile, from_tier: str, reason: str) -> Move:
        return Move(
            action=action,
            policy=self._policy,
            table_name=self._aged.name,
            from_tier=from_tier,
            to_tier=self._tier,
            rows=file.rows,
            first_us=file.first_us,
            last_us=file.last_us,
            path=file.path,
            sha256=file.sha256,
            reason=reason,
            moved_at_us=self._now_us,
        )


def _sums(root: Path, directory: Path, files: Iterable[TierFile]) -> dict[str, str]:
    here = [file for file in files if file.tier == FROZEN and (root / file.path).parent == directory]
    return {Path(file.path).name: file.sha256 for file in here}
