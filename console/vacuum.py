"""`chandler vacuum`: the database file written anew, without the room that no row uses."""

import shutil

from console import words
from console.candles.status import opened
from console.candles.tables import size
from shared.config import Settings
from shared.database import Database, lease_time
from shared.database.space import rebuild, space
from shared.database.upkeep import database_file
from shared.errors import StopError
from shared.ledger import leases_of
from shared.models import strategy_metadata


def vacuum(settings: Settings, *, force: bool) -> int:
    """Do it; StopError while traders hold leases, unless forced, and where the disk has too little room."""
    file = database_file(settings.database_url())
    with opened(settings, "full") as database:
        held = traded(database)
        if held and not force:
            shown = ", ".join(held[:5]) + (f" and {len(held) - 5} more" if len(held) > 5 else "")
            raise StopError(
                f"traders run {words.several(len(held), 'strategy', 'strategies')} ({shown}) and could not write"
                " meanwhile: stop them first, or say --force"
            )
        before = space(file)
        used = before.file_bytes - before.free_bytes
        free = shutil.disk_usage(file.parent).free
        if free < 2 * used:
            raise StopError(f"it takes {size(2 * used)} of free disk beside {file}, and there are {size(free)}")
        print(f"{size(before.file_bytes)}, {size(before.free_bytes)} of it unused: all writers wait meanwhile")
    rebuild(file)
    after = space(file)
    print(f"{size(after.file_bytes)} now, {size(max(0, before.file_bytes - after.file_bytes))} given back")
    return 0


def traded(database: Database) -> list[str]:
    """The strategies that a trader holds the lease of at this moment."""
    with database.read() as connection:
        names = connection.execute(strategy_metadata.select().with_only_columns(strategy_metadata.c.strategy_id))
        leases = leases_of(connection, list(names.scalars()))
        now = lease_time(connection)
    return sorted(lease.strategy_id for lease in leases if lease.is_held(*now))
