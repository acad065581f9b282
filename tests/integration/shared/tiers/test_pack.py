"""Files grow old: fewer, smaller, read-only, and at last gone."""

import subprocess
from itertools import pairwise

import pytest
from sqlalchemy import text

from shared.archive import Month
from shared.config import TierPolicy
from shared.errors import RepairError, StopError
from shared.tiers import AGED, TierFile, files_of, moves, pack_aged, thaw, tidy, verify
from tests.integration.shared.tiers.aged import DAY_US, EVERYTHING, NOW_US, Books

SHORT = TierPolicy(hot_days=1, warm_days=2, cold_days=40, frozen_days=60)
HOUR_US = 3_600_000_000
BALANCES = "balance_history"


def of_tier(books: Books, tier: str) -> list[TierFile]:
    with books.desk.database.read() as connection:
        return [file for file in files_of(connection, BALANCES) if file.tier == tier]


def several_warm_files(books: Books) -> None:
    for days in (60, 40, 20, 7):
        books.move(at_us=NOW_US - (days - 7) * DAY_US)


def test_the_files_of_a_month_become_one(books: Books) -> None:
    several_warm_files(books)
    before = books.everything()
    july = [file for file in of_tier(books, "warm") if file.month == Month(2026, 7)]
    assert len(july) == 2
    assert books.pack() == 1
    (cold,) = of_tier(books, "cold")
    assert (cold.rows, cold.month) == (sum(file.rows for file in july), Month(2026, 7))
    assert books.everything() == before


def test_what_is_older_is_packed_harder(books: Books) -> None:
    books.move()
    sizes = []
    for days in (0, 40, 400):
        books.pack(at_us=NOW_US + days * DAY_US)
        with books.desk.database.read() as connection:
            sizes.append(sum(file.bytes for file in files_of(connection, BALANCES)))
    assert all(after <= before for before, after in pairwise(sizes))
    assert sizes[-1] < sizes[0]


def test_frozen_files_are_read_only_and_sha256sum_proves_them(books: Books) -> None:
    books.move()
    books.pack(at_us=NOW_US + 400 * DAY_US)
    frozen = of_tier(books, "frozen")
    assert len(frozen) == 3
    for file in frozen:
        path = books.archive / file.path
        assert path.stat().st_mode & 0o777 == 0o444
        told = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=path.parent, capture_output=True, check=True)
        assert told.stdout.decode() == f"{path.name}: OK\n"
    assert verify(books.desk.database, books.archive) == []


def test_what_was_replaced_stays_for_who_reads_it_and_is_removed_later(books: Books) -> None:
    books.move()
    books.pack()
    there = len(list(books.archive.rglob("*.parquet")))
    tidy(books.shelf(), NOW_US + HOUR_US // 2)
    assert len(list(books.archive.rglob("*.parquet"))) == there
    tidy(books.shelf(), NOW_US + 2 * HOUR_US)
    assert len(list(books.archive.rglob("*.parquet"))) == there - 1
    assert verify(books.desk.database, books.archive) == []


def test_a_policy_that_does_not_delete_keeps_frozen_files_for_ever(books: Books) -> None:
    books.move()
    before = books.everything()
    books.pack(at_us=NOW_US + 10_000 * DAY_US)
    assert len(of_tier(books, "frozen")) == 3
    assert books.everything() == before


def test_a_policy_that_deletes_says_what_it_deleted(books: Books) -> None:
    books.move()
    policy = TierPolicy(hot_days=7, frozen_days=400, delete=True)
    at_us = NOW_US + 500 * DAY_US
    assert books.pack(at_us=at_us, policy=policy) == 3
    tidy(books.shelf(), at_us + 2 * HOUR_US)
    assert list(books.archive.rglob("*.parquet")) == []
    with books.desk.database.read() as connection:
        deleted = [each for each in moves(connection) if each.action == "delete"]
        left = connection.execute(text("SELECT count(*) FROM tier_files")).scalar_one()
    assert (sum(each.rows for each in deleted), left) == (1401 - 143, 0)
    assert {each.policy.rpartition(", ")[2] for each in deleted} == {"delete"}


def test_a_damaged_file_is_not_packed_and_stays(books: Books) -> None:
    books.move()
    (july, *_) = of_tier(books, "warm")
    path = books.archive / july.path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(RepairError, match=r"is damaged: its checksum is not what was written: put it back from a"):
        books.pack()
    assert july in of_tier(books, "warm")


def test_a_month_is_thawed(books: Books) -> None:
    before = books.everything()
    books.move()
    books.pack(at_us=NOW_US + 400 * DAY_US)
    assert thaw(books.shelf(), AGED[BALANCES], Month(2026, 8), EVERYTHING, NOW_US) == 620
    assert books.hot() == 143 + 620
    assert books.everything() == before
    assert verify(books.desk.database, books.archive) == []
    books.move()
    assert books.hot() == 143
    assert books.everything() == before


def test_a_month_that_never_left_can_not_be_thawed(books: Books) -> None:
    with pytest.raises(StopError, match="no rows of balance_history of 2026-08 have left the database"):
        thaw(books.shelf(), AGED[BALANCES], Month(2026, 8), EVERYTHING, NOW_US)


def test_a_file_that_no_backup_holds_is_not_replaced(books: Books) -> None:
    books.move()
    assert pack_aged(books.shelf(), AGED[BALANCES], SHORT, 0, NOW_US + 100 * DAY_US) == 0
    assert len(of_tier(books, "warm")) == 3
