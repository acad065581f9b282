"""From which backups an instant can be restored, and which instants can be given at all."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from shared.backup.chain import Reach, Shelf, Stored, follow, holes, shelf, timelines
from shared.backup.check import file_problems
from shared.backup.manifest import Backup, Full, Increment
from shared.backup.place import gone_from
from shared.errors import StopError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnrecoverableError(StopError):
    """The instant that was asked for can't be given; the message says why, and what can."""


class Plan(NamedTuple):
    """Restore the full backup, then carry the links' changes over up to `at_us`; they reach to `newest_us`."""

    at_us: int
    full: Stored[Full]
    links: list[Stored[Increment]]
    newest_us: int


class Range(NamedTuple):
    """Every instant from the one to the other (us UTC), both included, but those in `told_twice`, can be given."""

    timeline: str
    since_us: int
    until_us: int
    told_twice: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return moment(self.since_us) + (f" to {moment(self.until_us)}" if self.until_us > self.since_us else "")


class Recoverable(NamedTuple):
    """What the backups under a directory are good for, and what is wrong with those that are not."""

    ranges: list[Range]
    fulls: list[Stored[Full]]
    increments: list[Stored[Increment]]
    problems: list[str]


def moment(us: int) -> str:
    """`2026-11-20T12:00:00.123456Z`."""
    return (_EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def recoverable(root: Path) -> Recoverable:
    """Read every backup there is and say what can be restored."""
    found, wrong = shelf(root), _inspector(root)
    every: list[Stored[Backup]] = [*found.fulls, *found.increments]
    problems = found.problems + [f"{path} is gone: only its manifest is there" for path in gone_from(root)]
    problems += holes(found) + [told for each in every if (told := wrong(each))]
    ranges = [each for timeline in reversed(timelines(found)) for each in _ranges(found, timeline, wrong)]
    return Recoverable(ranges, found.fulls, found.increments, problems)


def plan(root: Path, at_us: int | None = None, timeline: str | None = None) -> Plan:
    """How to restore the state at an instant (us UTC; None: the newest); UnrecoverableError if nothing leads there.

    `timeline`, the beginning of its name, picks one of several; else it is the one the desk lived on at that instant:
    the newest that had begun.
    """
    found, wrong = shelf(root), _inspector(root)
    timeline = _in_force(found, at_us) if timeline is None else _named(found, timeline)
    reason = "no full backup is so old"
    fulls = [each for each in found.fulls if each.manifest.timeline == timeline]
    for full in reversed(fulls):
        if at_us is not None and full.manifest.stamp_us > at_us:
            continue
        if problem := wrong(full):
            reason = problem
            continue
        reach = follow(full, _begun_by(found.increments, at_us), wrong)
        if at_us is None or reach.until_us >= at_us:
            return _checked(found, wrong, at_us, reach)
        raise _refused(
            found,
            wrong,
            at_us,
            f"the backups reach from {full.path.name} to {moment(reach.until_us)}"
            + (f" only: {reach.ends}" if reach.ends else ""),
        )
    raise _refused(found, wrong, at_us, reason if fulls else "there is no full backup")


def _checked(found: Shelf, wrong: Callable[[Stored[Backup]], str | None], at_us: int | None, reach: Reach) -> Plan:
    """The plan, unless the clock told its instant twice."""
    instant = reach.until_us if at_us is None else at_us
    if at_us is not None:
        for after, until in _told_twice(found, reach.full.manifest.timeline):
            if after < instant <= until:
                told = f"the clock was set back from {moment(until)} to {moment(after)}: it told this instant twice"
                raise _refused(found, wrong, at_us, told)
    is_more = instant > reach.full.manifest.stamp_us
    needed = [each for each in reach.links if is_more and each.manifest.from_stamp_us < instant]
    return Plan(instant, reach.full, needed, reach.until_us)


def _refused(
    found: Shelf, wrong: Callable[[Stored[Backup]], str | None], at_us: int | None, reason: str
) -> UnrecoverableError:
    ranges = [each for timeline in reversed(timelines(found)) for each in _ranges(found, timeline, wrong)]
    can = "; ".join(map(str, ranges)) or "nothing"
    what = "the newest state" if at_us is None else f"the state at {moment(at_us)}"
    return UnrecoverableError(f"{what} can't be restored: {reason}. What can be: {can}")


def _named(found: Shelf, beginning: str) -> str:
    """The one timeline whose name begins so."""
    names = timelines(found)
    meant = [name for name in names if name.startswith(beginning)]
    if len(meant) != 1:
        how = "more than one timeline begins" if meant else "no timeline begins"
        raise UnrecoverableError(f"{how} with {beginning!r}; there are: {', '.join(names) or 'none'}")
    return meant[0]


def _in_force(found: Shelf, at_us: int | None) -> str:
    """The timeline of an instant: a database that was restored began a new one, and left the other behind."""
    names = timelines(found)
    for name in names:
        first = min(each.manifest.stamp_us for each in found.fulls if each.manifest.timeline == name)
        if at_us is None or first <= at_us:
            return name
    return names[-1] if names else ""


def _ranges(found: Shelf, timeline: str, wrong: Callable[[Stored[Backup]], str | None]) -> list[Range]:
    ranges: list[Range] = []
    twice = _told_twice(found, timeline)
    for full in found.fulls:
        if full.manifest.timeline != timeline or wrong(full):
            continue
        until = follow(full, found.increments, wrong).until_us
        if ranges and full.manifest.stamp_us <= ranges[-1].until_us:
            since, until = ranges[-1].since_us, max(until, ranges.pop().until_us)
        else:
            since = full.manifest.stamp_us
        ranges.append(Range(timeline, since, until, tuple(t for t in twice if t[1] > since and t[0] < until)))
    return ranges


def _told_twice(found: Shelf, timeline: str) -> list[tuple[int, int]]:
    its = [each.manifest for each in found.increments if each.manifest.timeline == timeline]
    return sorted({stretch for each in its for stretch in each.told_twice})


def _begun_by(increments: Sequence[Stored[Increment]], at_us: int | None) -> Iterable[Stored[Increment]]:
    return [each for each in increments if at_us is None or each.manifest.from_stamp_us < at_us]


def _inspector(root: Path) -> Callable[[Stored[Backup]], str | None]:
    """What is wrong with the file of a backup, by its checksum; each is read once. Copies of the archive are others."""

    known: dict[Path, str | None] = {}

    def look(stored: Stored[Backup]) -> str | None:
        if stored.path not in known:
            alone = stored.manifest.model_copy(update={"files": ()})
            known[stored.path] = "; ".join(file_problems(root, alone, stored.path)) or None
        return known[stored.path]

    return look
