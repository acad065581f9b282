"""A real keeper's work goes on while history is read: no candle is lost, doubled or out of order at any instant."""

from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from shared.candles.months import ArchivedMonth
from shared.history import hot
from shared.history.sealed import sealed_frame
from shared.market import Frame, Interval, Series
from tests.integration.shared.conftest import Start
from tests.integration.shared.history.shelf import MONTHS, SLOTS, rows, shelf

#: Seals, prunes, revises and puts back, month after month, until its stdin ends; notes each round in a file.
KEEPER = """
import select, sys
from pathlib import Path
from shared.archive import seal
from shared.archive.prune import prune, restore
from shared.candles.months import outdate
from shared.database import open_database
from tests.integration.shared.history.shelf import MONTHS, SERIES

directory = Path(sys.argv[1])
database = open_database(f"sqlite:///{directory / 'trading.db'}")
rounds, noted = 0, (directory / "rounds").open("ab", buffering=0)
while not select.select([sys.stdin], [], [], 0)[0]:
    for month in MONTHS:
        seal(database, directory / "archive", SERIES, month, rounds)
        prune(database, directory / "archive", SERIES, month)
    for month in MONTHS:
        restore(database, directory / "archive", SERIES, month)
        with database.write() as connection:
            outdate(connection, SERIES, month.start, month.start)
    rounds += 1
    noted.write(b".")
    if rounds == 1:
        print("begun", flush=True)
"""


def test_what_is_read_beside_a_pruning_keeper_is_always_whole(start: Start, migrated_file: Path) -> None:
    with shelf(migrated_file) as one:
        one.store(list(SLOTS))
        expected = one.expected()
        keeper = start(KEEPER, str(one.place.archive.parent))
        assert keeper.stdout is not None
        assert keeper.stdin is not None
        assert keeper.stdout.readline() == "begun\n", keeper.communicate()[1]
        wrong, noted = [], one.place.archive.parent / "rounds"
        for number in count():
            if number >= 150 and noted.stat().st_size > 3:
                break
            seen = one.of()
            wrong += [number] if rows(seen.arrays()) != expected else []
            wrong += [number] if [each for frame in seen.chunks(77) for each in rows(frame)] != expected else []
            wrong += [number] if rows(one.of(MONTHS[1].interval).arrays()) != one.expected(MONTHS[1].interval) else []
        _, errors = keeper.communicate("", timeout=60)
        assert keeper.returncode == 0, errors
    assert wrong == []


def test_a_month_that_is_pruned_between_the_list_and_the_rows_is_there_once(
    migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shelf(migrated_file) as one:
        one.store(list(SLOTS))
        ask = hot.hot

        def after_the_keeper(connection: Connection, series: Series, part: Interval) -> Frame:
            monkeypatch.undo()
            one.seal(MONTHS[1])
            one.prune(MONTHS[1])
            return ask(connection, series, part)

        monkeypatch.setattr(hot, "hot", after_the_keeper)
        assert rows(one.of().arrays()) == one.expected()
        assert rows(one.of().arrays()) == one.expected()


def test_a_file_that_is_replaced_between_the_list_and_its_reading_is_looked_for_again(
    migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shelf(migrated_file, copies=False) as one:
        one.store(list(SLOTS[:-1]))
        one.seal(MONTHS[2])
        one.prune(MONTHS[2])
        ask = sealed_frame

        def after_the_keeper(archive: Path, copies: Path | None, series: Series, month: ArchivedMonth) -> Frame:
            monkeypatch.undo()
            one.store([SLOTS[-1]])
            one.seal(MONTHS[2])
            one.prune(MONTHS[2])
            return ask(archive, copies, series, month)

        monkeypatch.setattr("shared.history.read.sealed_frame", after_the_keeper)
        assert rows(one.of().arrays()) == one.expected()
