"""What is said of a database at another schema."""

from shared.database.version import SCHEMA_VERSION, complaint

NAME = "sqlite:///data/trading.db"


def test_a_newer_database_asks_for_a_newer_chandler() -> None:
    said = complaint(NAME, "9999")
    assert "is at schema 9999, newer than this Chandler knows" in said
    assert "upgrade Chandler; nothing was changed" in said


def test_an_older_or_empty_database_asks_for_the_migration() -> None:
    assert complaint(NAME, "0000").endswith(f"this Chandler needs {SCHEMA_VERSION}: run `python schema.py`")
    assert "is at schema none" in complaint(NAME, None)
