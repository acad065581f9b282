"""A script looks after history as the command line does: what is kept, whether it is whole, and where it lies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chandler import Series, Store
from shared.archive import month_file
from shared.errors import RepairError, StopError
from tests.integration.shared.history.shelf import MONTHS, SERIES, SLOTS, Shelf, rows, shelf


@pytest.fixture
def full(migrated_file: Path) -> Iterator[Shelf]:
    """Three months, two of them sealed, one of these in its file alone."""
    with shelf(migrated_file) as found:
        found.store(list(SLOTS))
        for month in MONTHS[:2]:
            found.seal(month)
        found.prune(MONTHS[0])
        yield found


@pytest.fixture
def store(full: Shelf) -> Store:
    return Store(full.place.database, full.place.archive, full.place.copies)


def test_what_is_kept_of_a_series_is_told_with_its_room(full: Shelf, store: Store) -> None:
    kept = store.kept(SERIES)
    assert (kept.candles, kept.first, kept.last) == (len(SLOTS), SLOTS[0], SLOTS[-1])
    assert (kept.months, kept.copies, kept.copies_bytes) == (2, 0, 0)
    assert kept.pruned == len([time for time in SLOTS if MONTHS[0].start <= time < MONTHS[0].end])
    files = [month_file(full.place.archive, SERIES, month) for month in MONTHS[:2]]
    assert kept.archive_bytes == sum(file.stat().st_size for file in files)


def test_of_a_series_that_is_unknown_nothing_is_kept(store: Store) -> None:
    with pytest.raises(StopError, match="nothing is kept of kraken"):
        store.kept(Series("kraken", "BTC/USD", "1m"))


def test_clearing_frees_the_copies_and_costs_no_candle(full: Shelf, store: Store) -> None:
    assert rows(store.history(SERIES).arrays()) == full.expected()
    before = store.kept(SERIES)
    assert before.copies == 2
    assert store.clear(SERIES) == before.copies_bytes
    assert store.kept(SERIES).copies == 0
    assert rows(store.history(SERIES).arrays()) == full.expected()


def test_what_is_whole_gives_no_complaint_and_a_damaged_month_is_named(full: Shelf, store: Store) -> None:
    assert store.verify(SERIES) == []
    file = month_file(full.place.archive, SERIES, MONTHS[1])
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    complaint, *_ = store.verify(SERIES)
    assert str(file) in complaint


def test_after_a_move_the_months_are_read_at_the_new_place(full: Shelf, store: Store, tmp_path: Path) -> None:
    store.relocate(tmp_path / "elsewhere")
    store.clear(SERIES)
    for file in full.place.archive.rglob("*.parquet"):
        file.unlink()
    assert rows(store.history(SERIES).arrays()) == full.expected()


def test_a_move_stops_at_a_month_that_nobody_knows(full: Shelf, store: Store, tmp_path: Path) -> None:
    store.relocate(tmp_path / "elsewhere")
    for root in (full.place.archive, tmp_path / "elsewhere"):
        month_file(root, SERIES, MONTHS[1]).write_bytes(str(root).encode())
    again = Store(full.place.database, full.place.archive, None)
    with pytest.raises(RepairError, match="nobody knows either"):
        again.relocate(tmp_path / "elsewhere")
