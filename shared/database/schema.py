"""Creating and upgrading the schema with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from shared.database import dialect
from shared.database.connect import Database
from shared.database.version import SCHEMA_VERSION, complaint
from shared.errors import SchemaError


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the schema to the newest version in one transaction; returns the versions before and after.

    The change log's triggers are made of the tables as they then are, also where only the triggers are not this code's.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    database.settle()
    with database.write() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and before > SCHEMA_VERSION:
            raise SchemaError(complaint(database.name, before))
        config.attributes["connection"] = connection
        if before != SCHEMA_VERSION:
            dialect.drop_triggers(connection)
            command.upgrade(config, SCHEMA_VERSION)
        dialect.install_triggers(connection)
    return before, SCHEMA_VERSION
