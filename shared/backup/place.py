"""Where backups lie: `2026/11/21/full-20261121T023000.123456Z.db.zst`, its manifest beside it, by their day in UTC.

A full backup is named by when it was taken, an increment by the stamp at which it ends. A backup counts only when
its manifest is there, which is put in its place last; what is being made has a leading dot.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

_DAYS = "????/??/??"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"(?:full|increment)-(\d{8}T\d{6}\.\d{6}Z)(?:\.db)?\.(?:zst|json)")
_FORMAT = "%Y%m%dT%H%M%S.%fZ"
DRAFT_SUFFIX = ".partial"


def full_path(root: Path, taken_at_us: int) -> Path:
    """Where the full backup of this moment goes."""
    return _day(root, taken_at_us) / f"full-{named(taken_at_us)}.db.zst"


def increment_path(root: Path, stamp_us: int) -> Path:
    """Where the increment that ends with this stamp goes."""
    return _day(root, stamp_us) / f"increment-{named(stamp_us)}.zst"


def manifest_path(path: Path) -> Path:
    """The manifest that stands beside a backup."""
    return path.with_name(path.name.removesuffix(".zst").removesuffix(".db") + ".json")


def draft_path(path: Path) -> Path:
    """What it is called while this process makes it."""
    return path.with_name(f".{path.name}.{os.getpid()}{DRAFT_SUFFIX}")


def file_path(root: Path, sha256: str) -> Path:
    """Where the copy of an archive's file with this content lies, which any number of backups may need."""
    return root / "files" / sha256[:2] / sha256


def fulls_in(root: Path) -> list[Path]:
    """The full backups that have a manifest, oldest first; whether they are good, `check` tells."""
    return _finished(root, "full-*.db.zst")


def increments_in(root: Path) -> list[Path]:
    """The increments that have a manifest, oldest first."""
    return _finished(root, "increment-*.zst")


def gone_from(root: Path) -> list[Path]:
    """Backups of which only the manifest is there. No kill leaves that: the manifest comes last and goes first."""
    manifests = (path for kind in ("full", "increment") for path in sorted(root.glob(f"{_DAYS}/{kind}-*.json")))
    whose = (path.with_suffix(".db.zst" if path.name.startswith("full-") else ".zst") for path in manifests)
    return [path for path in whose if _NAME.fullmatch(path.name) and not path.exists()]


def named(us: int) -> str:
    """`20261121T023000.123456Z`, of microseconds UTC."""
    return (_EPOCH + timedelta(microseconds=us)).strftime(_FORMAT)


def us_of(path: Path) -> int:
    """The microseconds UTC that the name of a backup, or of its manifest, tells; ValueError if it is none."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ValueError(f"{path} is not named as a backup is")
    return (datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def _day(root: Path, us: int) -> Path:
    return root / (_EPOCH + timedelta(microseconds=us)).strftime("%Y/%m/%d")


def _finished(root: Path, pattern: str) -> list[Path]:
    found = (path for path in root.glob(f"{_DAYS}/{pattern}") if _NAME.fullmatch(path.name))
    return sorted((path for path in found if manifest_path(path).exists()), key=us_of)
