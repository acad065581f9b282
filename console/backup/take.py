"""`chandler backup`: what the keeper does by its timetable, now."""

from keeper.backups import Backups
from shared.config import Settings
from shared.database import open_database, require_current
from shared.database.upkeep import database_file
from shared.logs import start_logging


def take_now(settings: Settings, wait_seconds: float, *, full: bool) -> int:
    """Take an increment, or a full backup if that is wanted or there is none to carry on from; print its path.

    BackupsBusyError, a message, if another writes backups for longer than `wait_seconds`.
    """
    file = database_file(settings.database_url())
    log = start_logging("console", "warning", as_json=False)
    database = open_database(settings.database_url(), "full", settings.database.busy_timeout_ms, readers=1)
    try:
        require_current(database)
        paths = settings.paths
        backups = Backups(database, file, paths.backups, paths.archive, settings.keeper, log)
        backups.wait_seconds = wait_seconds
        print((backups.full() if full else backups.increment())["path"])
    finally:
        database.close()
    return 0
