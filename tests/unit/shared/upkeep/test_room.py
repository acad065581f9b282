"""Whether history may take more of the disk."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shared.upkeep.room import Free, Room, is_short, stop_bytes, tree_bytes

MB = 1_000_000
LARGE = 1_000_000 * MB


def test_history_stops_with_half_a_gigabyte_left() -> None:
    assert not is_short(Free(513 * MB, LARGE), 512, was_short=False)
    assert is_short(Free(511 * MB, LARGE), 512, was_short=False)


def test_a_small_disk_is_given_a_twentieth() -> None:
    assert stop_bytes(512, 100 * MB) == 5 * MB
    assert not is_short(Free(6 * MB, 100 * MB), 512, was_short=False)


def test_it_goes_on_only_with_a_quarter_more_so_that_it_does_not_stop_with_every_page() -> None:
    free = iter([600, 511, 520, 639, 641, 520, 511])
    room = Room(Path("/data"), 512, lambda _: Free(next(free) * MB, LARGE))
    short = [room.complaint() is not None for _ in range(7)]
    assert short == [False, True, True, True, False, False, True]


def test_it_says_how_much_is_left_and_what_it_takes_to_go_on() -> None:
    told = Room(Path("/data"), 512, lambda _: Free(500 * MB, LARGE)).complaint()
    assert told is not None
    assert "only 500 MB are left on the disk of /data" in told
    assert "goes on at 640 MB (keeper.disk_stop_megabytes)" in told


def test_a_disk_that_can_not_be_asked_stops_nothing(tmp_path: Path) -> None:
    assert Room(tmp_path / "gone", 512).complaint() is None


@given(st.integers(0, LARGE), st.integers(1, LARGE), st.integers(0, 10_000))
def test_who_waits_waits_at_least_as_long_as_who_does_not(free: int, total: int, megabytes: int) -> None:
    disk = Free(free, total)
    assert is_short(disk, megabytes, was_short=True) >= is_short(disk, megabytes, was_short=False)


def test_a_tree_takes_what_its_files_take_on_disk(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(bytes(range(256)) * 256)
    (tmp_path / "link").symlink_to(tmp_path / "below" / "file")
    assert tree_bytes(tmp_path) == (tmp_path / "below" / "file").stat().st_blocks * 512 > 0
    assert tree_bytes(tmp_path / "gone") == 0
