"""Files that are never to change again: read-only, and named with their checksums in their directory's `SHA256SUMS`."""

import os
from collections.abc import Mapping
from pathlib import Path

from shared.database.upkeep import sync

SUMS = "SHA256SUMS"
_READ_ONLY, _ANY_WRITE = 0o444, 0o222


def freeze(path: Path) -> None:
    """Let nobody change it by mistake."""
    path.chmod(_READ_ONLY)


def is_open(path: Path) -> bool:
    """Whether its mode lets somebody write it."""
    return bool(path.stat().st_mode & _ANY_WRITE)


def write_sums(directory: Path, sums: Mapping[str, str]) -> None:
    """The checksums of a directory's frozen files, by name, as `sha256sum -c` reads them; without any no list."""
    place = directory / SUMS
    if sums == read_sums(directory):
        return
    if not sums:
        place.unlink(missing_ok=True)
        return
    draft = directory / f".{SUMS}.{os.getpid()}.part"
    draft.write_text("".join(f"{sha256}  {name}\n" for name, sha256 in sorted(sums.items())), encoding="utf-8")
    sync(draft)
    draft.replace(place)
    sync(directory)


def read_sums(directory: Path) -> dict[str, str]:
    """The same, read; empty without a list."""
    place = directory / SUMS
    lines = place.read_text(encoding="utf-8", errors="replace").splitlines() if place.exists() else []
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
