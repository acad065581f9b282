"""An instant before, between and after moves is restored: readers see what they saw then, wherever the rows were."""

from pathlib import Path

import pytest

from shared.archive import Month
from shared.backup.full import take_full
from shared.backup.increment import shipped_stamp, take_increment
from shared.backup.restore import restore
from shared.clock import now_us
from shared.database import open_database
from shared.database.changes import last_stamp
from shared.errors import StopError
from shared.tiers import AGED, move_aged, pack_aged, thaw, tidy, verify
from tests.integration.shared.tiers.aged import DAY_US, NOW_US, TABLES, WEEK, Books, write_day
from tests.integration.trader.desk import Desk


def test_any_instant_between_moves_is_restored_with_every_row(books: Books, tmp_path: Path) -> None:
    database, root = books.desk.database, tmp_path / "backups"
    seen: dict[int, list[object]] = {}

    def remember() -> None:
        with database.read() as connection:
            stamp = last_stamp(connection)
        seen[stamp] = books.everything()

    def ship() -> None:
        take_increment(database, root, books.archive, now_us())
        remember()

    take_full(books.desk.path, root, books.archive, now_us())
    remember()
    write_day(books.desk, NOW_US)
    ship()
    held_us = shipped_stamp(database, root)
    for table in TABLES:
        assert move_aged(books.shelf(), AGED[table], WEEK, held_us, NOW_US).deleted > 1_000
        remember()
    ship()
    held_us = shipped_stamp(database, root)
    assert pack_aged(books.shelf(), AGED["balance_history"], WEEK, held_us, NOW_US + 400 * DAY_US) == 3
    remember()
    with pytest.raises(StopError, match="no backup holds the files of balance_history of 2026-08 yet"):
        thaw(books.shelf(), AGED["balance_history"], Month(2026, 8), held_us, NOW_US)
    ship()
    thaw(books.shelf(), AGED["balance_history"], Month(2026, 8), shipped_stamp(database, root), NOW_US)
    ship()
    take_full(books.desk.path, root, books.archive, now_us())
    tidy(books.shelf(), NOW_US + 500 * DAY_US)

    assert len(seen) == 9
    for number, (stamp, rows) in enumerate(seen.items()):
        place = tmp_path / f"restored-{number}"
        place.mkdir()
        made = restore(root, stamp, place / "trading.db", now_us(), archive=place / "archive")
        invented = [each for each in made.problems if "its trades make" in each]
        assert made.problems == invented, "nothing but balances that no trade made"
        again = Books(Desk(open_database(f"sqlite:///{made.path}"), made.path, books.desk.settings), place / "archive")
        assert made.lacking == (), f"instant {number}"
        assert again.everything() == rows, f"instant {number}"
        assert [each for each in verify(again.desk.database, again.archive) if each.kind == "file"] == []
        again.desk.database.close()
