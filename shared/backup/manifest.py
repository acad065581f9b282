"""What stands beside a backup: what it holds, from which instant, and the checksums that prove it.

The text itself carries a checksum and has one form only: any other byte in it is noticed.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import RepairError

#: Whoever reads refuses a newer one.
VERSION = 1
_CHECKSUM = "checksum"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Digest(_Frozen):
    """How many rows of a table there are, and the SHA-256 of them in the order of their key (see `digest`)."""

    rows: int
    sha256: str


class ArchiveFile(_Frozen):
    """A file of the archive that holds rows which the database does not; its copy lies at `place.file_path`."""

    path: str  # relative to paths.archive, with `/`
    bytes: int
    sha256: str


class Backup(_Frozen):
    """What full backups and increments have in common; `*_us` are microseconds UTC.

    All transactions with a stamp up to `stamp_us` are inside, and none after. `raw_*` are of what was compressed.
    `left_out` names the columns that are not in the digests, by table. `lacking` are files of the archive that should
    be among `files` and could not be read whole when this was taken.
    """

    version: int = VERSION
    stamp_us: int
    change_id: int
    timeline: str
    taken_at_us: int
    schema_version: str
    bytes: int
    sha256: str
    raw_bytes: int
    raw_sha256: str
    digests: dict[str, Digest]
    left_out: dict[str, tuple[str, ...]] = {}
    files: tuple[ArchiveFile, ...] = ()
    lacking: tuple[str, ...] = ()
    chandler: str


class Full(Backup):
    """The whole database."""

    kind: Literal["full"] = "full"


class Increment(Backup):
    """What happened after `from_stamp_us`, up to and including `stamp_us`; the digests are of the rows shipped.

    `previous` is the `manifest_digest` of the increment before; empty if there is none. `chain` is SHA-256 over the
    chain hash of that one and this one's content. Of instants in `told_twice` (after, up to; us) nobody can say what
    was then: the clock was set back, and told them twice.
    """

    kind: Literal["increment"] = "increment"
    from_stamp_us: int
    previous: str
    chain: str
    told_twice: tuple[tuple[int, int], ...] = ()


Kind = TypeVar("Kind", bound=Backup)


def manifest_text(manifest: Backup) -> str:
    """The one text of it."""
    plain = manifest.model_dump(mode="json")
    return json.dumps({**plain, _CHECKSUM: _checksum(plain)}, indent=1, sort_keys=True) + "\n"


def manifest_digest(manifest: Backup) -> str:
    """What the next link of the chain names this one by: SHA-256 of its text."""
    return hashlib.sha256(manifest_text(manifest).encode()).hexdigest()


def read_manifest(kind: type[Kind], path: Path) -> Kind:
    """The manifest at this path; RepairError, which says what is wrong, if it can't be read or was altered."""
    try:
        text = path.read_bytes().decode("utf-8")
        plain: Any = json.loads(text)
        if isinstance(plain, dict) and isinstance(plain.get("version"), int) and plain["version"] > VERSION:
            raise RepairError(f"{path} is of a newer Chandler (version {plain['version']}): upgrade to read it")
        checksum = plain.pop(_CHECKSUM)
        manifest = kind.model_validate(plain)
    except OSError as error:
        raise RepairError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise RepairError(f"{path} is no manifest of a backup: {told}") from None
    if manifest_text(manifest) != text or checksum != _checksum(manifest.model_dump(mode="json")):
        raise RepairError(f"{path} was altered: its checksum is not its own")
    return manifest


def _checksum(plain: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
