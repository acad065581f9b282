"""Whether full backups are what their manifests say: by checksums and by the rows themselves.

SQLite's own integrity check is only one of the means: it does not see most flipped bits.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from shared.backup.digest import file_digests
from shared.backup.manifest import Backup, Full, read_manifest
from shared.backup.pack import Packed, unpack
from shared.backup.place import DRAFT_SUFFIX, file_path, full_path, fulls_in, manifest_path
from shared.database.sqlite import library
from shared.database.upkeep import quick_check
from shared.errors import RepairError

Step = Callable[[], None]


class Problem(NamedTuple):
    """What is wrong with which backup."""

    path: Path
    told: str


def read_fulls(root: Path) -> tuple[list[Full], list[Problem]]:
    """The manifests of all full backups, oldest first, and what is wrong with those that can't be believed."""
    fulls, problems = [], []
    for path in fulls_in(root):
        try:
            full = read_manifest(Full, manifest_path(path))
            if full_path(root, full.taken_at_us) != path:
                raise RepairError(f"{path} has another's manifest: it was moved or renamed")
        except RepairError as error:
            problems.append(Problem(path, str(error)))
        else:
            fulls.append(full)
    return fulls, problems


def is_whole(root: Path, full: Full) -> bool:
    """Whether its file, and those it needs of the archive, have the checksums of the manifest."""
    return not file_problems(root, full, full_path(root, full.taken_at_us))


def file_problems(root: Path, backup: Backup, path: Path) -> list[str]:
    """What is wrong with the file of a backup, or with those it needs of the archive; nothing is decompressed."""
    wanted = [(path, backup.bytes, backup.sha256)]
    wanted += [(file_path(root, file.sha256), file.bytes, file.sha256) for file in backup.files]
    return [told for each in wanted if (told := _file_problem(*each))]


def verify_full(root: Path, full: Full, scratch: Path, each_step: Step = lambda: None) -> list[str]:
    """What is wrong with a full backup: checksums, then its database is opened and every row read.

    `scratch` is a directory with room for the database.
    """
    path = full_path(root, full.taken_at_us)
    if problems := file_problems(root, full, path):
        return problems
    target = scratch / f".{path.name}.{os.getpid()}.check{DRAFT_SUFFIX}"
    try:
        unpack_full(root, full, target, each_step)
        return [f"{path}: {told}" for told in database_problems(target, full)]
    except RepairError as error:
        return [str(error)]
    finally:
        target.unlink(missing_ok=True)


def unpack_full(root: Path, full: Full, target: Path, each_step: Step = lambda: None) -> None:
    """The database of a full backup as a file; RepairError unless every checksum is right. Not synced."""
    packed = Packed(full.bytes, full.sha256, full.raw_bytes, full.raw_sha256)
    unpack(full_path(root, full.taken_at_us), packed, target, each_step)


def database_problems(file: Path, backup: Backup) -> Iterable[str]:
    """What in a database file that nobody writes is not what the manifest says of it."""
    try:
        with closing(library().connect(f"{file.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            if damage := quick_check(connection):
                yield f"its database is damaged: {damage}"
        found = file_digests(file, backup.left_out)
    except library().Error as error:
        yield f"its database can't be read: {error}"
        return
    for table in sorted(found.keys() | backup.digests.keys()):
        if found.get(table) != backup.digests.get(table):
            yield f"the rows of {table} are not those that were backed up"


def verify_all(root: Path, scratch: Path, each_step: Step = lambda: None) -> list[Problem]:
    """Verify every full backup under a directory."""
    fulls, problems = read_fulls(root)
    for full in fulls:
        path = full_path(root, full.taken_at_us)
        problems += [Problem(path, told) for told in verify_full(root, full, scratch, each_step)]
    return problems


def _file_problem(path: Path, size: int, sha256: str) -> str | None:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                return f"{path} is damaged: it has not the {size} bytes that its manifest says"
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"
    return None if found == sha256 else f"{path} is damaged: its checksum is not what its manifest says"
