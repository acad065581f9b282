from random import Random

import pytest

from simulator.spoiling import SPOILERS, Row, bad_rows, off_grid, unordered

MINUTE = 60_000
ROWS: list[Row] = [[MINUTE * i, "1.5", "2.0", "1.0", "1.7", "3"] for i in range(29_000_000, 29_000_200)]


def test_a_page_off_the_grid_keeps_all_but_the_times() -> None:
    spoilt = off_grid(ROWS, Random(1).random)
    assert all(row[0] % MINUTE == 1_500 for row in spoilt)
    assert [row[1:] for row in spoilt] == [row[1:] for row in ROWS]


def test_times_in_seconds_leave_the_grid_by_a_whole_second() -> None:
    assert off_grid([["1700000040", "1", "1", "1", "1", "1"]], Random(1).random)[0][0] == "1700000041"


def test_an_unordered_page_has_the_same_rows() -> None:
    spoilt = unordered(ROWS, Random(1).random)
    assert spoilt != ROWS
    assert sorted(spoilt) == ROWS


def test_bad_rows_are_bad_in_every_way_and_most_rows_stay_good() -> None:
    spoilt = bad_rows(ROWS, Random(1).random)
    bad = [row for row in spoilt if row not in ROWS]
    assert any(row[2] < row[3] for row in bad), "high under low"
    assert any(row[4] == "NaN" for row in bad)
    assert any(row[0] < 1e11 for row in bad), "seconds"
    assert any(not row[4] or row[4] == "0" for row in bad), "zero"
    assert len(spoilt) > len(ROWS), "doubled"
    assert 0.5 * len(ROWS) < sum(row in spoilt for row in ROWS)


def test_a_spoilt_page_has_at_least_one_bad_row() -> None:
    assert all(bad_rows(ROWS[:1], Random(seed).random) != ROWS[:1] for seed in range(50))


@pytest.mark.parametrize("kind", SPOILERS)
def test_an_empty_page_stays_empty(kind: str) -> None:
    assert SPOILERS[kind]([], Random(1).random) == []
