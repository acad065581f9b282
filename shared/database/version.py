"""Refusing a database whose schema is not this code's. Without Alembic, which weighs 15 MB in every trader."""

from sqlalchemy import text

from shared.database import dialect
from shared.database.connect import Database
from shared.errors import SchemaError, StopError

#: The newest migration; they are numbered, so that newer sorts after older.
SCHEMA_VERSION = "0005"


def require_current(database: Database) -> None:
    """SchemaError unless several processes may write the database: this code's schema, and WAL mode on SQLite.

    A backup is a single file without WAL mode; put back as it is, its readers and writers would lock each other out.
    """
    require_schema(database)
    with database.read() as connection:
        if not dialect.is_settled(connection):
            raise SchemaError(f"{database.name} is not in WAL mode, as a restored backup is: run `python schema.py`")


def require_schema(database: Database) -> None:
    """SchemaError unless the database has exactly the schema of this code: enough to read it, a backup too."""
    try:
        with database.read() as connection:
            current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except StopError as error:
        raise SchemaError(str(error)) from error
    if current != SCHEMA_VERSION:
        raise SchemaError(complaint(database.name, current))


def complaint(name: str, current: str | None) -> str:
    """What to do about a database at another version."""
    if current is not None and current > SCHEMA_VERSION:
        return (
            f"{name} is at schema {current}, newer than this Chandler knows ({SCHEMA_VERSION}):"
            " upgrade Chandler; nothing was changed"
        )
    return f"{name} is at schema {current or 'none'}, this Chandler needs {SCHEMA_VERSION}: run `python schema.py`"
