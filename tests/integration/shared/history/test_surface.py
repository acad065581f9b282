"""However a series is spread over table and archive, every form shows the same candles in the same order."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import RepairError
from shared.history.read import newest, opening
from shared.market import Candle, Interval
from tests.integration.shared.history.shelf import ALL, MONTHS, SERIES, SLOTS, SPAN, Shelf, plain_select, rows, shelf

MONTH = st.sampled_from(MONTHS)
TIME = st.sampled_from(SLOTS)
PART = st.builds(Interval, TIME | st.just(0), TIME.map(lambda time: time + 1) | st.just(2**60))
EVENT = st.one_of(
    st.tuples(st.just("seal"), MONTH),
    st.tuples(st.just("prune"), MONTH),
    st.tuples(st.just("store"), st.lists(TIME, max_size=5, unique=True)),
    st.tuples(st.just("revise"), TIME, st.integers(1, 9)),
    st.tuples(st.just("look"), PART),
)


def happen(shelf: Shelf, what: str, *details: object) -> None:
    """One event; a month that can't be pruned yet is not."""
    if what == "look":
        shelf.of(*details).arrays()  # type: ignore[arg-type]  # leaves copies behind
        return
    try:
        getattr(shelf, what)(*details)
    except RepairError:
        assert what == "prune"


def forms(shelf: Shelf, part: Interval, chunk: int) -> dict[str, list[Candle]]:
    """The part in each form, as candles."""
    seen = shelf.of(part)
    return {
        "arrays": rows(seen.arrays()),
        "chunks": list(chain.from_iterable(rows(frame) for frame in seen.chunks(chunk))),
        "arrow": [Candle(*row.values()) for row in seen.arrow(chunk).read_all().to_pylist()],
        "lazy": [Candle(*row) for row in seen.lazy().collect().rows()],
    }


@settings(max_examples=40)
@given(
    present=st.sets(TIME, min_size=1, max_size=300),
    events=st.lists(EVENT, max_size=8),
    part=PART,
    chunk=st.integers(1, 200),
    copies=st.booleans(),
)
def test_every_form_shows_what_was_stored(
    migrated_file: Path,
    present: set[int],
    events: list[tuple[str, object]],
    part: Interval,
    chunk: int,
    copies: bool,
) -> None:
    with shelf(migrated_file, copies=copies) as one:
        one.store(list(present))
        for what, *details in events:
            happen(one, what, *details)
        expected = one.expected(part)
        for form, found in forms(one, part, chunk).items():
            assert found == expected, form
        seen = one.of(part)
        assert len(seen) == len(expected)
        assert (seen.first, seen.last) == (
            (expected[0].timestamp, expected[-1].timestamp) if expected else (None, None)
        )
        assert rows(newest(one.place, SERIES, part.end, chunk)) == one.expected(Interval(0, part.end))[-chunk:]


@pytest.fixture
def full(migrated_file: Path) -> Iterator[Shelf]:
    with shelf(migrated_file) as one:
        one.store(list(SLOTS))
        yield one


def test_nothing_archived_is_a_plain_select(full: Shelf) -> None:
    assert rows(full.of().arrays()) == plain_select(full.place.database)


def test_a_series_nobody_knows_has_no_candles_in_any_form(migrated_file: Path) -> None:
    with shelf(migrated_file) as one:
        assert all(found == [] for found in forms(one, ALL, 10).values())
        assert len(one.of()) == 0
        assert (one.of().first, one.of().last) == (None, None)


def test_after_pruning_the_table_is_empty_and_the_surface_is_not(full: Shelf) -> None:
    for month in MONTHS:
        full.seal(month)
        full.prune(month)
    assert plain_select(full.place.database) == []
    assert rows(full.of().arrays()) == full.expected()
    assert len(full.of()) == len(SLOTS)


def test_the_newest_candles_reach_from_the_table_into_the_archive(full: Shelf) -> None:
    for month in MONTHS[:2]:
        full.seal(month)
        full.prune(month)
    wanted = 31 * 4 + 10
    assert rows(newest(full.place, SERIES, 2**60, wanted)) == full.expected()[-wanted:]
    assert opening(full.place, SERIES, 2**60, wanted) == SLOTS[-wanted]
    assert opening(full.place, SERIES, 2**60, 10_000) == SLOTS[0]


def test_what_is_mapped_from_a_file_can_not_be_written(full: Shelf) -> None:
    full.seal(MONTHS[0])
    full.of().arrays()
    frame = full.of(MONTHS[0].interval).arrays()
    with pytest.raises(ValueError, match="read-only"):
        frame.close[0] = 1.0


def test_polars_reads_only_what_a_query_needs(full: Shelf) -> None:
    full.seal(MONTHS[1])
    lazy = full.of().lazy()
    expected = [each for each in full.expected() if each.close > 50]
    found = lazy.filter(pl.col("close") > 50).select("timestamp", "close").collect()
    assert found.rows() == [(each.timestamp, each.close) for each in expected]
    assert lazy.head(7).collect().get_column("timestamp").to_list() == list(SLOTS[:7])
    assert lazy.select(pl.len()).collect().item() == len(SLOTS)


def test_a_damaged_copy_is_thrown_away_and_made_again(full: Shelf) -> None:
    full.seal(MONTHS[0])
    full.of().arrays()
    assert full.place.copies is not None
    (copy,) = full.place.copies.rglob("*.arrow")
    whole = copy.read_bytes()
    for damaged in (whole[:-40], whole[: len(whole) // 2], b"", whole[:700] + bytes([whole[700] ^ 1]) + whole[701:]):
        copy.write_bytes(damaged)
        assert rows(full.of().arrays()) == full.expected()
        assert copy.read_bytes() == whole


def test_every_single_flipped_byte_of_a_copys_values_is_noticed(full: Shelf) -> None:
    full.seal(MONTHS[0])
    full.of().arrays()
    assert full.place.copies is not None
    (copy,) = full.place.copies.rglob("*.arrow")
    whole = copy.read_bytes()
    values = whole.index(np.array([SPAN.start], np.int64).tobytes())
    for place in range(values, values + 6 * 8 * len(full.expected(MONTHS[0].interval)), 97):
        copy.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        assert rows(full.of(MONTHS[0].interval).arrays()) == full.expected(MONTHS[0].interval)


def test_a_copy_of_an_older_sealing_goes_when_the_new_one_comes(full: Shelf) -> None:
    full.seal(MONTHS[0])
    full.of().arrays()
    full.revise(SLOTS[3], 1)
    assert rows(full.of().arrays()) == full.expected()
    full.seal(MONTHS[0])
    assert rows(full.of().arrays()) == full.expected()
    assert full.place.copies is not None
    assert len(list(full.place.copies.rglob("*.arrow"))) == 1


def test_where_no_copy_can_be_written_reading_goes_on(full: Shelf) -> None:
    full.seal(MONTHS[0])
    assert full.place.copies is not None
    full.place.copies.write_text("a file where the directory should be")
    assert rows(full.of().arrays()) == full.expected()


def test_a_lost_file_is_read_from_the_table_as_long_as_that_has_its_rows(full: Shelf) -> None:
    full.seal(MONTHS[0])
    for file in full.place.archive.rglob("*.parquet"):
        file.unlink()
    assert rows(full.of().arrays()) == full.expected()


def test_a_lost_only_copy_is_an_error_and_never_fewer_candles(full: Shelf) -> None:
    full.seal(MONTHS[0])
    full.prune(MONTHS[0])
    for file in full.place.archive.rglob("*.parquet"):
        file.unlink()
    with pytest.raises(RepairError, match="only copy of a month can't be used"):
        full.of().arrays()
    assert rows(full.of(MONTHS[1].interval).arrays()) == full.expected(MONTHS[1].interval)


def test_a_backup_without_its_archive_is_read_as_far_as_its_table_goes(full: Shelf) -> None:
    full.seal(MONTHS[0])
    full.seal(MONTHS[1])
    full.prune(MONTHS[1])
    full.place.archive.rename(full.place.archive.with_name("elsewhere"))
    assert rows(full.of(MONTHS[0].interval).arrays()) == full.expected(MONTHS[0].interval)
    with pytest.raises(RepairError, match="only copy"):
        full.of(MONTHS[1].interval).arrays()
