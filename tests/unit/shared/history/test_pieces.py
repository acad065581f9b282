"""Each part of a series is read from where it is whole."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.archive.place import Month
from shared.candles.months import ArchivedMonth
from shared.history.pieces import Piece, pieces, windows_of
from shared.market import Interval

MAY, JUNE, JULY = Month(2024, 5), Month(2024, 6), Month(2024, 7)
DAY = 86_400_000


def month(which: Month, *, version: int = 1, sealed: int | None = 1, pruned_until: int | None = None) -> ArchivedMonth:
    """A month's bookkeeping; fresh and not pruned if nothing else is said."""
    return ArchivedMonth(
        start=which.start,
        end=which.end,
        version=version,
        sealed_version=sealed,
        rows=10,
        first=which.start,
        last=which.end - 60_000,
        sha256="",
        sealed_at_us=0,
        pruned_until=which.start if pruned_until is None else pruned_until,
        pruned_rows=0,
    )


def test_without_archive_all_comes_from_the_table() -> None:
    assert pieces([], Interval(5, 9)) == [Piece(Interval(5, 9))]


def test_a_fresh_month_comes_from_its_file_and_what_is_around_it_from_the_table() -> None:
    june = month(JUNE)
    before, inside, after = pieces([june], Interval(MAY.start, JULY.end))
    assert (before, after) == (Piece(MAY.interval), Piece(JULY.interval))
    assert inside == Piece(JUNE.interval, june)
    assert inside.from_file == JUNE.interval
    assert not inside.needs_rows


def test_of_a_month_that_is_only_touched_only_that_part_is_read() -> None:
    (piece,) = pieces([month(JUNE)], Interval(JUNE.start + DAY, JUNE.start + 2 * DAY))
    assert piece.part == Interval(JUNE.start + DAY, JUNE.start + 2 * DAY)


def test_a_month_that_is_not_sealed_or_was_changed_since_comes_from_the_table() -> None:
    for outdated in (month(JUNE, sealed=None), month(JUNE, version=2)):
        assert pieces([outdated], JUNE.interval) == [Piece(JUNE.interval)]


def test_a_changed_month_whose_rows_are_partly_gone_needs_both() -> None:
    (piece,) = pieces([month(JUNE, version=2, pruned_until=JUNE.start + DAY)], JUNE.interval)
    assert piece.needs_rows
    assert piece.from_file == Interval(JUNE.start, JUNE.start + DAY)


def test_a_distrusted_file_is_left_alone_only_where_the_table_has_all_rows() -> None:
    kept, pruned = month(JUNE), month(JUNE, pruned_until=JUNE.end)
    assert pieces([kept], JUNE.interval, {JUNE.start}) == [Piece(JUNE.interval)]
    assert pieces([pruned], JUNE.interval, {JUNE.start}) == [Piece(JUNE.interval, pruned)]


@given(st.integers(-3, 130), st.integers(0, 130), st.lists(st.booleans(), min_size=3, max_size=3))
def test_pieces_are_ascending_and_leave_nothing_out(first: int, days: int, fresh: list[bool]) -> None:
    part = Interval(MAY.start + first * DAY, MAY.start + (first + days) * DAY)
    months = [replace(month(which), version=1 if ok else 2) for which, ok in zip((MAY, JUNE, JULY), fresh, strict=True)]
    found = pieces(months, part)
    assert [each.part.start for each in found[1:]] == [each.part.end for each in found[:-1]]
    assert all(each.part for each in found)
    assert (not part and not found) or (found[0].part.start, found[-1].part.end) == part


@given(st.integers(0, 90), st.integers(0, 90), st.sampled_from([1_000, 60_000, DAY]))
def test_windows_end_where_months_do_and_are_never_long(first: int, days: int, step: int) -> None:
    part = Interval(MAY.start + first * DAY, MAY.start + (first + days) * DAY)
    found = list(windows_of(part, step))
    assert sum(each.end - each.start for each in found) == part.end - part.start
    assert all(Month.of(each.start) == Month.of(each.end - 1) for each in found)
    assert all((each.end - each.start) // step <= 50_000 for each in found)
