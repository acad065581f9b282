"""`chandler tiers run`: what the keeper's round does, now."""

import json
from functools import partial

from console import words
from console.candles.status import opened
from console.candles.tables import size
from keeper.tiers import Tiers
from shared.backup.increment import shipped_stamp
from shared.config import Settings
from shared.database.upkeep import database_file
from shared.logs import start_logging


def run_now(settings: Settings, *, as_json: bool) -> int:
    """Move what is due; 0 if all of it was. ArchiveBusyError, a message, while a keeper is at it."""
    log = start_logging("console", "warning", as_json=False)
    with opened(settings, "full") as database:
        shipped = partial(shipped_stamp, database, settings.paths.backups)
        file = database_file(settings.database_url())
        tiers = Tiers(database, file, settings.paths.archive, settings.tiers, shipped, log)
        done = tiers.round() or {}
        held = settings.tiers.without_backup or shipped()
    if as_json:
        print(json.dumps(done, indent=2))
    elif done:
        print(f"{words.several(done['rows_copied'], 'row')} copied into files")
        print(f"{words.several(done['rows_deleted'], 'row')} deleted from the database: files and a backup hold them")
        print(f"{words.several(done['months_packed'], 'month')} packed harder or given up")
        print(f"{size(done['bytes_given_back'])} given back to the disk")
    else:
        print("nothing is due")
    if not held:
        print("no row leaves the database before a backup holds it: `chandler backup`, or set tiers.without_backup")
    return 0
