"""A user's own tables in the database: left in peace, in every full backup, and never silently another's state."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.backup.increment import FullNeededError
from shared.backup.restore import Restored, restore
from shared.clock import now_us
from shared.database import schema, triggers
from shared.database.sqlite import library
from tests.integration.shared.backup.history import state_in
from tests.integration.shared.backup.test_increment import Backed

NOT_LOGGED = {
    "without_a_key": "CREATE TABLE without_a_key (a, b)",
    "any_type": "CREATE TABLE any_type (a INTEGER PRIMARY KEY, b)",
    "blobs": "CREATE TABLE blobs (a INTEGER PRIMARY KEY, b BLOB) STRICT",
    'my "no\'tes"': 'CREATE TABLE "my ""no\'tes""" (a INTEGER PRIMARY KEY, b TEXT) STRICT',
}
LOGGED = 'CREATE TABLE "order" (a INTEGER PRIMARY KEY, b REAL, c TEXT, stamp_us INTEGER) STRICT'


@pytest.fixture
def backed(tmp_path: Path) -> Iterator[Backed]:
    found = Backed(tmp_path / "desk")
    yield found
    found.database.close()


def by_hand(backed: Backed, *statements: str) -> None:
    with closing(library().connect(backed.path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def restored(backed: Backed) -> Restored:
    backed.target.unlink(missing_ok=True)
    return restore(backed.root, None, backed.target, now_us())


@pytest.mark.parametrize("name", NOT_LOGGED)
def test_one_that_can_not_be_logged_takes_every_write_and_a_restore_says_of_when_it_is(
    backed: Backed, name: str
) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    by_hand(backed, NOT_LOGGED[name])
    schema.upgrade(backed.database)
    by_hand(backed, f"INSERT INTO {quoted} VALUES (1, x'00ff')" if "BLOB" in NOT_LOGGED[name] else "SELECT 1")
    backed.full()
    then = state_in(backed.path)
    backed.go_on(3)
    by_hand(backed, f"INSERT INTO {quoted} VALUES (2, {'NULL' if 'BLOB' in NOT_LOGGED[name] else '7'})")
    backed.increment()
    made = restored(backed)
    assert made.as_of_full == (name,)
    assert state_in(backed.target) == {**state_in(backed.path), name: then[name]}


def test_a_virtual_table_is_no_hindrance(backed: Backed) -> None:
    by_hand(backed, "CREATE VIRTUAL TABLE found USING fts5(words)")
    schema.upgrade(backed.database)
    backed.full()
    by_hand(backed, "INSERT INTO found VALUES ('some words')")
    backed.increment()
    assert restored(backed).problems == []


def test_a_strict_one_with_a_key_is_logged_and_restored_like_ours(backed: Backed) -> None:
    by_hand(backed, LOGGED)
    schema.upgrade(backed.database)
    backed.full()
    by_hand(
        backed,
        """INSERT INTO "order" VALUES (1, 0.1, 'é', 5), (2, 1e-300, NULL, NULL), (3, 7, '', 1)""",
        """UPDATE "order" SET b = 1.0 / 3, a = 9 WHERE a = 1""",
        """DELETE FROM "order" WHERE a = 3""",
    )
    backed.increment()
    assert restored(backed).as_of_full == ()
    assert state_in(backed.target) == state_in(backed.path)


@pytest.mark.parametrize("change", [LOGGED, "ALTER TABLE signals ADD COLUMN note TEXT"])
def test_after_a_table_was_added_or_altered_only_a_full_backup_goes_on(backed: Backed, change: str) -> None:
    backed.full()
    backed.increment()
    by_hand(backed, change)
    schema.upgrade(backed.database)
    with pytest.raises(FullNeededError, match="its tables were altered since"):
        backed.increment()
    backed.full()
    by_hand(backed, "INSERT INTO \"order\" VALUES (1, 0.1, '', 5)" if change == LOGGED else "SELECT 1")
    backed.go_on(5)
    backed.increment()
    assert backed.restored() == state_in(backed.path)


def test_what_a_users_own_trigger_did_is_not_done_again(backed: Backed) -> None:
    by_hand(
        backed,
        "CREATE TABLE told (number INTEGER PRIMARY KEY, id INTEGER) STRICT",
        "CREATE TRIGGER tell AFTER INSERT ON balance_history BEGIN INSERT INTO told (id) VALUES (NEW.balance_id); END",
    )
    schema.upgrade(backed.database)
    by_hand(backed, "INSERT INTO told VALUES (100, 0)")
    backed.full()
    backed.go_on(8)
    by_hand(backed, "DELETE FROM told WHERE number = (SELECT max(number) FROM told)")
    backed.go_on(8)
    backed.increment()
    assert backed.restored() == state_in(backed.path)
    with closing(library().connect(backed.target)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'tell'").fetchone() == (1,)
        assert triggers.installed(connection) == triggers.expected(connection)
