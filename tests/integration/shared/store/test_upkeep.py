"""Backups, restore and a diagnosis from a script."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared.database import Database
from shared.database.changes import last_stamp
from shared.errors import StopError
from shared.store import Store


@pytest.fixture
def store(database: Database, database_file: Path) -> Iterator[Store]:
    with Store.open(database_file) as opened:
        yield opened


def test_the_first_backup_is_full_and_the_next_carries_on_from_it(store: Store) -> None:
    wallet = store.wallet("account", exchange="binance")
    first = store.backups.take()
    wallet.record("USDT", 1)
    second = store.backups.take()
    assert (first.kind, second.kind) == ("full", "increment")
    assert first.at_us < second.at_us
    assert store.backups.taken() == [first, second]
    (reach,) = store.backups.recoverable()
    assert (reach.since_us, reach.until_us) == (first.at_us, second.at_us)
    assert store.backups.take(full=True).kind == "full"
    assert store.backups.verify() == []


def test_any_instant_between_is_restored_to_a_database_that_opens(
    store: Store, database: Database, tmp_path: Path
) -> None:
    wallet = store.wallet("account", exchange="binance")
    store.backups.take()
    stamps = []
    for number in range(5):
        wallet.record("USDT", number)
        with database.read() as connection:
            stamps.append(last_stamp(connection))
    store.backups.take()
    third = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stamps[2])
    restored = store.backups.restore(tmp_path / "then.db", third)
    assert restored.problems == []
    with Store.open(tmp_path / "then.db") as then:
        assert then.latest_balance("account", "USDT").total == D(2)
    store.backups.restore(tmp_path / "newest.db")
    with Store.open(tmp_path / "newest.db") as newest:
        assert newest.latest_balance("account", "USDT").total == D(4)


def test_what_can_not_be_restored_says_what_can(store: Store, tmp_path: Path) -> None:
    assert store.backups.taken() == []
    assert store.backups.recoverable() == []
    with pytest.raises(StopError, match="What can be: nothing"):
        store.backups.restore(tmp_path / "then.db")
    with pytest.raises(ValueError, match="has no time zone"):
        store.backups.restore(tmp_path / "then.db", datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake
    assert not (tmp_path / "then.db").exists()


def test_a_damaged_backup_is_named(store: Store) -> None:
    taken = store.backups.take()
    with taken.path.open("r+b") as file:
        file.seek(taken.bytes // 2)
        byte = file.read(1)
        file.seek(taken.bytes // 2)
        file.write(bytes([byte[0] ^ 1]))
    (problem,) = store.backups.verify()
    assert str(taken.path) in problem


def test_a_sound_database_has_no_problems(store: Store) -> None:
    book = store.book("mine", exchange="binance", symbol="BTC/USDT", cash=10)
    book.open("buy", "0.01", 100)
    found = store.diagnose(thorough=True)
    assert found.is_sound
    assert found.problems == ()
    assert found.database_bytes > 0
    assert found.sqlite.startswith("3.")


def test_a_falsified_book_is_a_problem_in_words(store: Store, database: Database) -> None:
    store.book("mine", exchange="binance", symbol="BTC/USDT").open("buy", 1, 100)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET amount = '2'")
        connection.exec_driver_sql("UPDATE keeper_jobs SET status = 'ok'")
    found = store.diagnose()
    assert not found.is_sound
    assert found.problems == ("mine: amount of BTC/USDT is 2, its trades make 1",)
