"""What the figures of a process's database say, and how a slow statement is told."""

import sys

import pytest

from shared.database.watch import Slow, Tally, caller, readable, slowest

_MS = 1_000_000


def test_a_statement_is_told_on_one_line_and_without_what_it_quotes() -> None:
    told = readable("SELECT *\n  FROM orders\n WHERE reason = 'it''s a secret' AND amount > ?")
    assert told == "SELECT * FROM orders WHERE reason = '...' AND amount > ?"


def test_a_long_statement_is_cut() -> None:
    told = readable("SELECT " + ", ".join(f"column_{number}" for number in range(1_000)))
    assert len(told) < 410
    assert told.endswith(" ...")


def test_the_worst_single_run_comes_first_and_one_text_of_two_connections_is_one_statement() -> None:
    one, same = ("a", [3, 30 * _MS, 20 * _MS]), ("a", [2, 40 * _MS, 39 * _MS])
    found = slowest([one, ("b", [1, 25 * _MS, 25 * _MS]), same], 10)
    assert [(each.statement, each.runs, each.total_ms, each.worst_ms) for each in found] == [
        ("a", 5, 70.0, 39.0),
        ("b", 1, 25.0, 25.0),
    ]


def test_no_more_texts_are_kept_than_a_process_has_room_for() -> None:
    tally = Tally()
    for number in range(2_000):
        tally.ran(f"SELECT {number}", _MS, 1)
    assert len(tally.texts) <= 501
    assert sum(runs for runs, _, _ in tally.texts.values()) == 2_000


def test_what_takes_as_long_as_the_limit_is_logged_with_who_asked(caplog: pytest.LogCaptureFixture) -> None:
    tally = Tally("writer", Slow(statement_ms=100))
    tally.ran("SELECT 1", 99 * _MS, 1)
    tally.ran("SELECT 2", 100 * _MS, 1)
    (record,) = caplog.records
    assert record.getMessage().startswith("slow statement: 100 ms by tests/unit/shared/database/test_watch.py:")
    assert record.getMessage().endswith("test_what_takes_as_long_as_the_limit_is_logged_with_who_asked: SELECT 2")
    assert tally.slow_statements == 1


def test_with_a_limit_of_0_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tally = Tally("writer", Slow())
    tally.ran("SELECT 1", 3_600_000 * _MS, 1)
    assert not caplog.records


def test_who_asked_is_unknown_where_no_frame_is_left() -> None:
    assert caller(None) == "unknown"
    assert caller(sys._getframe()).endswith("test_who_asked_is_unknown_where_no_frame_is_left")
