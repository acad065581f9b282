"""Which backups there are and which may go."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from keeper.backup import backup_path, backups_in, is_due, surplus, taken_at

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path("backups")


def days_ago(*days: int) -> list[Path]:
    return [backup_path(ROOT, NOON - timedelta(days=back)) for back in days]


def test_a_backup_lies_under_its_day_and_is_named_by_its_second_in_utc() -> None:
    in_tokyo = datetime(2026, 3, 1, 5, 6, 7, tzinfo=timezone(timedelta(hours=9)))
    assert backup_path(ROOT, in_tokyo) == ROOT / "2026/02/28/trading-20260228T200607Z.db"


def test_its_name_tells_when_it_was_taken() -> None:
    assert taken_at(backup_path(ROOT, NOON)) == NOON


def test_the_newest_are_kept() -> None:
    three, two, one, now = days_ago(3, 2, 1, 0)
    assert surplus([now, two, three, one], keep=2, good=now) == [three, two]
    assert surplus([now, one], keep=2, good=now) == []


def test_the_one_just_checked_is_kept_even_if_the_clock_went_back() -> None:
    good, *newer = days_ago(9, 2, 1)
    assert surplus([good, *newer], keep=1, good=good) == sorted(newer)


@pytest.mark.parametrize("keep", [1, 2, 30])
def test_never_is_everything_let_go(keep: int) -> None:
    backups = days_ago(*range(40))
    assert len(set(backups) - set(surplus(backups, keep, good=backups[0]))) == keep


def at_midnight(after: datetime) -> datetime:
    return (after + timedelta(days=1)).replace(hour=0)


def test_a_backup_is_due_once_its_hour_has_passed_since_the_newest() -> None:
    assert is_due([], NOON, at_midnight)
    assert is_due(days_ago(2), NOON, at_midnight)
    assert is_due(days_ago(2, 1), NOON - timedelta(hours=12), at_midnight)
    assert not is_due(days_ago(2, 1), NOON - timedelta(hours=12, seconds=1), at_midnight)
    assert not is_due(days_ago(2, 0), NOON, at_midnight)
    assert not is_due(days_ago(2), NOON, lambda _: None)


def test_a_backup_from_the_future_keeps_none_from_being_due() -> None:
    assert is_due(days_ago(2, -400), NOON, at_midnight)
    assert not is_due(days_ago(0, -400), NOON, at_midnight)
    assert is_due(days_ago(-400), NOON, at_midnight)


def test_drafts_and_strangers_are_no_backups(tmp_path: Path) -> None:
    day = tmp_path / "2026/03/01"
    day.mkdir(parents=True)
    for name in (".trading-20260301T120000Z.db.9.partial", "notes.txt", "trading-20260301T120000Z.db"):
        (day / name).touch()
    assert backups_in(tmp_path) == [day / "trading-20260301T120000Z.db"]
