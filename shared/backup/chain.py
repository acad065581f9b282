"""The chain of increments: one line through a database's time, each link named by the hash of the one before.

A full backup and the links that carry on from it reach every instant up to the last link's end. A database that was
restored begins a line of its own, a timeline: its past is another's. What is decided here is decided from manifests.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from shared.backup.manifest import Backup, Full, Increment, manifest_digest, read_manifest
from shared.backup.place import fulls_in, increments_in, manifest_path, us_of
from shared.errors import RepairError

_Kind = TypeVar("_Kind", bound=Backup)
_Kind_co = TypeVar("_Kind_co", bound=Backup, covariant=True)


@dataclass(frozen=True)
class Stored(Generic[_Kind_co]):
    """A backup in its place."""

    path: Path
    manifest: _Kind_co


class Shelf(NamedTuple):
    """The backups whose manifests can be read, oldest first, and what is wrong with the others."""

    fulls: list[Stored[Full]]
    increments: list[Stored[Increment]]
    problems: list[str]


class Reach(NamedTuple):
    """How far one goes from a full backup; `ends` says why no further, "" at the chain's end."""

    full: Stored[Full]
    links: list[Stored[Increment]]
    ends: str

    @property
    def until_us(self) -> int:
        """The last instant."""
        return self.links[-1].manifest.stamp_us if self.links else self.full.manifest.stamp_us


def chained(previous: Increment | None, from_stamp_us: int, stamp_us: int, raw_sha256: str) -> str:
    """The chain hash of an increment that follows `previous`: it can't be made without all links before."""
    before = previous.chain if previous else ""
    return hashlib.sha256(f"{before} {from_stamp_us} {stamp_us} {raw_sha256}".encode()).hexdigest()


def shelf(root: Path) -> Shelf:
    """All backups there, as far as their manifests tell."""
    problems: list[str] = []
    fulls = _read(Full, fulls_in(root), lambda full: full.taken_at_us, problems)
    increments = _read(Increment, increments_in(root), lambda increment: increment.stamp_us, problems)
    return Shelf(
        sorted(fulls, key=lambda each: (each.manifest.stamp_us, each.manifest.taken_at_us)),
        sorted(increments, key=lambda each: each.manifest.stamp_us),
        problems,
    )


def timelines(found: Shelf) -> list[str]:
    """Those that the fulls belong to, the newest first: a database that was restored lives on the newest."""
    newest = {each.manifest.timeline: each.manifest.taken_at_us for each in found.fulls}
    return sorted(newest, key=lambda name: newest[name], reverse=True)


def holes(found: Shelf) -> list[str]:
    """Where a timeline's chain breaks off and goes on: what led from one increment to the next was lost."""
    names = sorted({each.manifest.timeline for each in found.increments})
    chains = ([each for each in found.increments if each.manifest.timeline == name] for name in names)
    return [
        f"{after.path} does not carry on from {before.path.name}: what was between them is missing"
        for chain in chains
        for before, after in pairwise(chain)
        if after.manifest.previous != manifest_digest(before.manifest)
    ]


def follow(
    full: Stored[Full], increments: Iterable[Stored[Increment]], wrong: Callable[[Stored[Increment]], str | None]
) -> Reach:
    """The longest unbroken run of links that carries on from a full backup; `wrong` says what is, of a file."""
    its = [each for each in increments if each.manifest.timeline == full.manifest.timeline]
    links: list[Stored[Increment]] = []
    at_us, last = full.manifest.stamp_us, None
    while True:
        next_one = _next(its, at_us, last)
        if next_one is None:
            later = [each for each in its if each.manifest.stamp_us > at_us]
            return Reach(full, links, f"what leads to {later[0].path.name} is missing" if later else "")
        if problem := _misfit(next_one, last, full.manifest) or wrong(next_one):
            return Reach(full, links, problem)
        links.append(next_one)
        last, at_us = next_one.manifest, next_one.manifest.stamp_us


def head(increments: Sequence[Stored[Increment]], timeline: str) -> Increment | None:
    """The newest link of a timeline; None before the first."""
    return next((each.manifest for each in reversed(increments) if each.manifest.timeline == timeline), None)


def _next(increments: Sequence[Stored[Increment]], at_us: int, last: Increment | None) -> Stored[Increment] | None:
    """The link that leads on from an instant; the first one may have begun before it."""
    for each in increments:
        begins = each.manifest.from_stamp_us
        if each.manifest.stamp_us > at_us and (begins <= at_us if last is None else begins == at_us):
            return each
    return None


def _misfit(link: Stored[Increment], last: Increment | None, full: Full) -> str | None:
    """Why a link can't be used after another; None if it can."""
    manifest = link.manifest
    if manifest.schema_version != full.schema_version:
        return f"{link.path.name} is of schema {manifest.schema_version}: a full backup begins it"
    if last is None:
        return None
    if manifest.previous != manifest_digest(last):
        return f"{link.path.name} was not made after the increment before it: one of the two was altered or replaced"
    if manifest.chain != chained(last, manifest.from_stamp_us, manifest.stamp_us, manifest.raw_sha256):
        return f"{link.path.name} does not belong to this chain"
    return None


def _read(
    kind: type[_Kind], paths: Iterable[Path], named: Callable[[_Kind], int], problems: list[str]
) -> list[Stored[_Kind]]:
    found = []
    for path in paths:
        try:
            manifest = read_manifest(kind, manifest_path(path))
        except RepairError as error:
            problems.append(str(error))
            continue
        if named(manifest) != us_of(path):
            problems.append(f"{path} is not the backup that its manifest is of: it was renamed")
        else:
            found.append(Stored(path, manifest))
    return found
