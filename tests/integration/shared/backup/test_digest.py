"""Digests of tables: what changes them, and what must not."""

import hashlib
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared.backup.digest import digests, file_digests
from shared.backup.manifest import Digest
from shared.database import Database
from shared.database.changes import LIVE_COLUMNS
from shared.database.sqlite import library
from shared.database.upkeep import copy_to
from tests.integration.console.market import fill_database

KINDS = "CREATE TABLE kinds (id INTEGER PRIMARY KEY, told TEXT, amount REAL, count INTEGER) STRICT"
LOOSE = "CREATE TABLE loose (told, amount VARCHAR(9), PRIMARY KEY (told))"
ROWS: list[tuple[object, ...]] = [
    (1, "plain", 0.1, 2**62),
    (2, "", None, -1),
    (3, None, 1e300, None),
    (4, "snow ☃ and 'quotes'\n", -2.5e-300, 0),
]


@pytest.fixture
def memory() -> Iterator[Any]:
    with closing(library().connect(":memory:", isolation_level=None)) as connection:
        connection.execute(KINDS)
        connection.execute(LOOSE)
        connection.executemany("INSERT INTO kinds VALUES (?, ?, ?, ?)", ROWS)
        connection.execute("INSERT INTO loose VALUES (x'00ff', 1), ('a', 'b')")
        yield connection


def test_they_are_the_same_on_every_machine_python_and_sqlite(memory: Any) -> None:
    texts = "1|plain|0|4611686018427387904|2||1|-1|3|~0|~4|snow ☃ and 'quotes'\n|0|0|"
    joined = texts.replace("|", "\x1f").replace("~", "\x1e").encode()
    doubles = struct.pack("<4d", 0.1, 0.0, 1e300, -2.5e-300)
    both = hashlib.sha256(joined).digest() + hashlib.sha256(doubles).digest()
    assert digests(memory) == {
        "kinds": Digest(rows=4, sha256=hashlib.sha256(both).hexdigest()),
        "loose": Digest(rows=2, sha256="c6c9613ac1b7773fbce9c3ff58b68be60a08b3a74d8b581a3f594abce647c0ea"),
    }


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kinds SET told = 'plaim' WHERE id = 1",
        "UPDATE kinds SET told = NULL WHERE id = 2",
        "UPDATE kinds SET amount = 0.10000000000000002 WHERE id = 1",
        "UPDATE kinds SET amount = 0 WHERE id = 2",
        "UPDATE kinds SET count = 0 WHERE id = 3",
        "UPDATE kinds SET count = count + 1 WHERE id = 1",
        "UPDATE kinds SET id = 5 WHERE id = 4",
        "DELETE FROM kinds WHERE id = 4",
        "INSERT INTO kinds (id) VALUES (9)",
    ],
)
def test_any_change_of_a_row_changes_them(memory: Any, change: str) -> None:
    before = digests(memory)
    memory.execute(change)
    assert digests(memory)["kinds"] != before["kinds"]
    assert digests(memory)["loose"] == before["loose"]


def test_neither_pages_nor_the_order_of_writing_count(memory: Any) -> None:
    before = digests(memory)
    memory.execute("DELETE FROM kinds")
    memory.executemany("INSERT INTO kinds VALUES (?, ?, ?, ?)", reversed(ROWS))
    memory.execute("VACUUM")
    assert digests(memory) == before


def test_only_the_tables_that_are_asked_for(memory: Any) -> None:
    assert list(digests(memory, ["loose"])) == ["loose"]


def test_a_column_that_is_left_out_may_change(memory: Any) -> None:
    left_out = {"kinds": ["count", "amount"]}
    before = digests(memory, left_out=left_out)
    memory.execute("UPDATE kinds SET count = 7, amount = 7.0")
    assert digests(memory, left_out=left_out) == before


def test_a_database_and_a_copy_of_it_have_the_same(database: Database, database_file: Path, tmp_path: Path) -> None:
    fill_database(database)
    copy_to(database_file, tmp_path / "copy.db")
    with closing(library().connect(database_file)) as connection:
        live = digests(connection, left_out=LIVE_COLUMNS)
    assert file_digests(tmp_path / "copy.db", LIVE_COLUMNS) == live
    assert live["trades"].rows == 3
    assert live["ohlcv_data"].rows == 120


def test_a_candle_counts_only_inside_coverage(database: Database, database_file: Path) -> None:
    fill_database(database)
    with closing(library().connect(database_file, isolation_level=None)) as connection:
        before = digests(connection, ["ohlcv_data"])
        connection.execute("INSERT INTO ohlcv_data VALUES ('binance', 'BTC/USDT', '1m', 0, 1, 1, 1, 1, 1)")
        assert digests(connection, ["ohlcv_data"]) == before
        connection.execute("UPDATE ohlcv_data SET volume = volume + 1 WHERE timestamp > 0")
        assert digests(connection, ["ohlcv_data"]) != before
