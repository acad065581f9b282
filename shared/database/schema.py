"""Creating and upgrading the schema with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from shared.database.connect import Database
from shared.database.version import SCHEMA_VERSION, complaint
from shared.errors import SchemaError


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the schema to the newest version in one transaction; returns the versions before and after."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    database.settle()
    with database.write() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and before > SCHEMA_VERSION:
            raise SchemaError(complaint(database.name, before))
        config.attributes["connection"] = connection
        command.upgrade(config, SCHEMA_VERSION)
    return before, SCHEMA_VERSION
