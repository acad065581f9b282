"""Which backups may go: decided by their manifests alone."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from shared.backup.manifest import Backup, Full, Increment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def surplus(
    fulls: Iterable[Full], increments: Iterable[Increment], days: int, is_good: Callable[[Full], bool]
) -> list[Backup]:
    """Those that may go, oldest first; `is_good` is asked of as few as possible.

    Kept are all full backups of the newest `days` days (UTC) on which one was taken, whatever the clock says now: a
    clock that jumps years ahead costs one day, not all. Kept as well: the newest that is good, the newest good one
    from which the oldest of these days can be reached should its own be damaged, and every increment that goes on
    from a full backup that is kept.
    """
    ordered = sorted(fulls, key=lambda full: (full.taken_at_us, full.stamp_us))
    kept_days = sorted({_day(full) for full in ordered})[-days:]
    kept = [full for full in ordered if _day(full) in kept_days]
    kept += filter(None, [_newest_good(ordered, is_good)])
    kept += [base for first in _firsts(kept) if (base := _base(ordered, first, is_good))]
    gone: list[Backup] = [full for full in ordered if full not in kept]
    gone += [each for each in increments if not any(_leads_to(full, each) for full in kept)]
    return sorted(gone, key=lambda backup: (backup.stamp_us, backup.taken_at_us))


def is_due(taken_at_us: Sequence[int], now_us: int, next_after: Callable[[datetime], datetime | None]) -> bool:
    """Whether a backup should have been taken since the newest; `next_after` is the timetable.

    Names from the future, left by a clock that was wrong, do not count.
    """
    newest = max((at for at in taken_at_us if at <= now_us), default=None)
    if newest is None:
        return True
    due = next_after(_moment(newest))
    return due is not None and due <= _moment(now_us)


def _firsts(kept: Sequence[Full]) -> list[Full]:
    """Of each timeline the kept one with the lowest stamp."""
    firsts: dict[str, Full] = {}
    for full in kept:
        known = firsts.setdefault(full.timeline, full)
        firsts[full.timeline] = min(known, full, key=lambda each: each.stamp_us)
    return list(firsts.values())


def _base(fulls: Sequence[Full], first: Full, is_good: Callable[[Full], bool]) -> Full | None:
    earlier = [full for full in fulls if full.timeline == first.timeline and full.stamp_us <= first.stamp_us]
    return _newest_good(sorted(earlier, key=lambda full: full.stamp_us), is_good)


def _newest_good(fulls: Sequence[Full], is_good: Callable[[Full], bool]) -> Full | None:
    return next((full for full in reversed(fulls) if is_good(full)), None)


def _leads_to(full: Full, increment: Increment) -> bool:
    return full.timeline == increment.timeline and full.stamp_us < increment.stamp_us


def _day(full: Full) -> int:
    return full.taken_at_us // (24 * 3_600_000_000)


def _moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)
