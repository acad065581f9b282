"""A lock file that one process at a time holds."""

from pathlib import Path

import pytest

from shared.held import TakenError, held, holder


def test_whoever_finds_it_taken_is_told_who_has_it(tmp_path: Path) -> None:
    with held(tmp_path / "lock", "process 7"):
        assert holder(tmp_path / "lock") == "process 7"
        with pytest.raises(TakenError, match="process 7"), held(tmp_path / "lock"):
            pass


def test_it_is_free_again_afterwards_and_a_shorter_name_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    with held(tmp_path / "lock", "the one with the long name"):
        pass
    assert holder(tmp_path / "lock") is None
    with held(tmp_path / "lock", "b"):
        assert holder(tmp_path / "lock") == "b"


def test_a_lock_that_was_never_made_is_held_by_nobody_and_not_made_by_asking(tmp_path: Path) -> None:
    assert holder(tmp_path / "lock") is None
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_for_it_the_system_says_why(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), held(tmp_path / "nowhere" / "lock"):
        pass
