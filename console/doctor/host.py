"""Checks of the host: the SQLite library, where the files lie, whose they are, the disk's room, and the clocks."""

import os
from collections.abc import Iterator
from pathlib import Path

from console import words
from console.doctor.finding import Finding, Subject, failure, ok, warning
from console.doctor.mounts import Mount, mount_of, volume
from shared.candles.exchanges import exchange_statuses
from shared.clock import now_us
from shared.config import Paths
from shared.database import changes, scope, sqlite
from shared.upkeep import free_of
from shared.upkeep.room import stop_bytes

_MOUNTS = Path("/proc/self/mountinfo")
_UPGRADE = "install pysqlite3 (requirements/run.lock has it), which bundles a newer one"
#: Less than a stamp's grain ahead of the clock is no clock that was set back.
_AHEAD_US = 1_000_000
_ROOMY = 4


def library(_: Subject) -> Iterator[Finding]:
    """The version that is loaded, and what older ones can't."""
    module = sqlite.library()
    if complaint := sqlite.version_warning():
        yield failure(complaint.partition(";")[0], _UPGRADE)
    elif complaint := scope.version_warning():
        yield warning(complaint.partition(";")[0], _UPGRADE)
    else:
        yield ok(f"SQLite {module.sqlite_version}, of {module.__name__.partition('.')[0]}")


def places(subject: Subject) -> Iterator[Finding]:
    """File system and volume of each directory."""
    table = _MOUNTS.read_text(encoding="utf-8") if _MOUNTS.exists() else ""
    for name, directory in directories(subject.settings.paths).items():
        if not directory.is_dir():
            continue
        mount = mount_of(directory.resolve(), table)
        told = f"{name}: {volume(mount)}" if mount else f"{name}: {directory} (this system does not tell of mounts)"
        yield of_place(name, mount, told) if mount else ok(told)


def of_place(name: str, mount: Mount, told: str) -> Finding:
    """What a directory of this name is to be told of where it lies. Pure."""
    if name == "data" and mount.kind in sqlite.NETWORK_FILESYSTEMS:
        return failure(
            f"{told}: SQLite's WAL mode corrupts there", "put the data directory on a local disk or in a named volume"
        )
    if mount.is_read_only:
        return failure(f"{told}: it is read-only", "mount it so that it can be written")
    if mount.kind == "overlay" and mount.point == "/":
        return warning(
            f"{told}: it is the container's own layer and goes with the container", "mount a named volume there"
        )
    if mount.kind in ("tmpfs", "ramfs"):
        return warning(f"{told}: it is memory, and gone when the host stops", "move it to a disk")
    return ok(told)


def permissions(subject: Subject) -> Iterator[Finding]:
    """Whether we may write where we have to, and whose the files are."""
    found = [
        finding
        for name, directory in directories(subject.settings.paths).items()
        for finding in _directory(name, directory)
    ]
    if subject.file:
        found += [finding for suffix in ("", "-wal", "-shm") for finding in _file(subject.beside(suffix))]
    yield from found or [ok(f"everything belongs to uid {os.getuid()}, or may be written by it")]


def _directory(name: str, directory: Path) -> Iterator[Finding]:
    setting = f"CHANDLER_PATHS__{name.upper()}"
    if not directory.exists():
        if name == "data":
            yield failure(f"the data directory {directory} does not exist", f"create it, or set {setting}")
        elif not _may_be_made(directory):
            yield warning(f"{directory} does not exist and can't be made", f"create it, or set {setting}")
        return
    if not directory.is_dir():
        yield failure(f"{directory} is no directory", f"move it away, or set {setting}")
    elif not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        yield failure(f"{directory} can't be written by uid {os.getuid()}", f"change its owner, or set {setting}")
    elif directory.stat().st_mode & 0o002 and not directory.stat().st_mode & 0o1000:
        yield warning(f"{directory} can be written by everybody on this host", f"chmod o-w {directory}")


def _may_be_made(directory: Path) -> bool:
    there = next(parent for parent in directory.resolve().parents if parent.exists())
    return os.access(there, os.W_OK | os.X_OK)


def _file(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    owner, its_directory = path.stat().st_uid, path.parent.stat().st_uid
    if not os.access(path, os.R_OK | os.W_OK):
        yield failure(f"{path} can't be read and written by uid {os.getuid()}", "change its owner or its mode")
    elif owner != its_directory and path.stat().st_gid != path.parent.stat().st_gid:
        yield warning(
            f"{path} belongs to uid {owner}, its directory to {its_directory}: a service may not be able to open it",
            f"chown {its_directory} {path}",
        )
    if path.stat().st_mode & 0o002:
        yield warning(f"{path} can be written by everybody on this host", f"chmod o-w {path}")


def disk(subject: Subject) -> Iterator[Finding]:
    """Room on every disk that something is kept on."""
    there = {name: path for name, path in directories(subject.settings.paths).items() if path.is_dir()}
    disks = dict[int, list[str]]()
    for name, path in there.items():
        disks.setdefault(path.stat().st_dev, []).append(name)
    for names in disks.values():
        free, total = free_of(there[names[0]])
        limit = stop_bytes(subject.settings.keeper.disk_stop_megabytes, total)
        told = f"{_gigabytes(free)} of {_gigabytes(total)} are free for {', '.join(names)}"
        if free < limit:
            yield failure(f"{told}: no more history is taken", "make room now, before trades can't be written")
        elif free < _ROOMY * limit:
            yield warning(told, "make room: at keeper.disk_stop_megabytes no more history is taken")
        else:
            yield ok(told)


def clocks(subject: Subject) -> Iterator[Finding]:
    """This host's clock beside the exchanges' and the newest transaction's stamp."""
    with subject.read() as connection:
        offsets = {each.exchange: each.clock_offset_ms for each in exchange_statuses(connection)}
        stamp = changes.last_stamp(connection)
    measured = 0
    for exchange, limit in subject.settings.clock_limits().items():
        offset = offsets.get(exchange)
        if offset is None:
            continue
        measured += 1
        if abs(offset) > limit:
            told = f"{exchange}'s clock is {words.offset(offset)} from this host's (limit: {limit} ms)"
            yield failure(told, "let NTP set this host's clock (chrony, systemd-timesyncd); nothing is opened there")
    if (ahead := stamp - now_us()) > _AHEAD_US:
        yield warning(
            f"the newest transaction is stamped {words.duration(ahead // 1_000)} later than it is now: the clock was"
            " set back",
            "let NTP set this host's clock; stamps go on counting, restores to that stretch may be refused",
        )
    elif measured:
        yield ok(f"this host's clock agrees with {words.several(measured, 'exchange')}")
    else:
        yield ok("no exchange's clock was measured yet; the newest stamp is not ahead of this host's clock")


def directories(paths: Paths) -> dict[str, Path]:
    """Those that something is kept in, by their settings' names."""
    return {name: getattr(paths, name) for name in ("data", "backups", "archive", "journal", "cache")}


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"
