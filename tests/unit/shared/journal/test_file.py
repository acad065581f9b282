"""The journal's file: what was appended is there after anything, and one process has it at a time."""

import errno
import os
from pathlib import Path

import pytest

from shared.errors import RetryError, StopError
from shared.journal import Entry, Journal, JournalBusyError, look
from shared.market import Candle, Closed, Interval, Series

BTC = Series("binance", "BTC/USDT", "1s")


def closed(number: int) -> Entry:
    start = 1_000 * number
    return Closed(BTC, Interval(start, start + 1_000), [Candle(start, 1, 2, 0.5, 1.5, float(number))])


def numbers(journal: Journal) -> list[int]:
    return [entry.coverage.start // 1_000 for entry in journal.read().entries if isinstance(entry, Closed)]


def test_what_was_appended_is_there_after_a_kill(tmp_path: Path) -> None:
    first = Journal(tmp_path, 1)
    first.append([closed(1), closed(2)])
    first.append([closed(3)])
    first.close()
    second = Journal(tmp_path, 1)
    assert (second.entries, second.torn) == (3, 0)
    second.append([closed(4)])
    assert numbers(second) == [1, 2, 3, 4]
    second.close()


def test_its_space_is_set_aside_when_it_is_opened(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 2)
    assert journal.reserved == 2_000_000
    assert journal.path.stat().st_blocks * 512 >= 2_000_000
    journal.close()


def test_a_torn_tail_is_cut_and_written_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1)
    journal.append([closed(1)])
    end = journal.path.read_bytes().rstrip(b"\0")
    journal.append([closed(2)])
    whole = journal.path.read_bytes()
    journal.close()
    for place in range(len(end) + 1, len(whole.rstrip(b"\0"))):
        torn = whole[:place] + bytes(len(whole) - place)
        journal.path.write_bytes(torn)
        again = Journal(tmp_path, 1)
        assert numbers(again) == [1]
        assert again.torn == len(torn.rstrip(b"\0")) - len(end)
        again.append([closed(3)])
        assert numbers(again) == [1, 3]
        again.close()


def test_emptied_it_keeps_its_space_and_forgets_its_records(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1)
    journal.append([closed(number) for number in range(20_000)])
    assert journal.reserved > 1_000_000
    journal.empty()
    assert (journal.entries, journal.reserved, numbers(journal)) == (0, 1_000_000, [])
    journal.append([closed(7)])
    journal.close()
    again = Journal(tmp_path, 1)
    assert numbers(again) == [7]
    again.close()


def test_a_kill_between_the_new_header_and_the_rest_leaves_an_empty_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, 1)
    journal.append([closed(1), closed(2)])
    written: list[int] = []
    pwrite = os.pwrite

    def dying(file: int, data: bytes, place: int) -> int:
        if written:
            raise OSError(errno.EIO, "killed")
        written.append(place)
        return pwrite(file, data, place)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", dying)
        with pytest.raises(RetryError):
            journal.empty()
    journal.close()
    again = Journal(tmp_path, 1)
    assert numbers(again) == []
    again.close()


def test_a_disk_that_refuses_an_append_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path, 1)
    journal.append([closed(1)])

    def full(*_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        with pytest.raises(RetryError, match="free some disk"):
            journal.append([closed(2)])
    assert numbers(journal) == [1]
    journal.append([closed(3)])
    assert numbers(journal) == [1, 3]
    journal.close()


def test_one_process_has_it_at_a_time_and_anybody_may_look(tmp_path: Path) -> None:
    assert look(tmp_path) is None
    journal = Journal(tmp_path, 1)
    journal.append([closed(1)])
    with pytest.raises(JournalBusyError, match="a running backfiller empties it by itself"):
        Journal(tmp_path, 1)
    status = look(tmp_path)
    assert status
    assert (status.entries, status.reserved, status.damaged, status.busy) == (1, 1_000_000, 0, True)
    journal.close()
    status = look(tmp_path)
    assert status
    assert not status.busy


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "spill.journal").write_text("a diary")
    with pytest.raises(StopError, match="is no journal"):
        Journal(tmp_path, 1)
    assert (tmp_path / "spill.journal").read_text() == "a diary"


def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StopError, match=r"see paths\.journal"):
        Journal(tmp_path / "file", 1)
