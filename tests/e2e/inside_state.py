"""Runs inside a container: the digests of a database of which nothing is committed meanwhile, and its last stamp.

Without an argument the live one; live marks, the log and what Litestream adds are left out.
"""

import json
import os
import sys
from contextlib import closing

from shared.backup.digest import digests
from shared.config import load_settings
from shared.database.changes import LIVE_COLUMNS, MACHINERY
from shared.database.sqlite import library
from shared.database.upkeep import database_file

file = sys.argv[1] if len(sys.argv) > 1 else database_file(load_settings(os.environ).database_url())
with closing(library().connect(file, timeout=30, isolation_level=None)) as connection:
    connection.execute("BEGIN IMMEDIATE")
    (at_us,) = connection.execute("SELECT at_us FROM change_clock").fetchone()
    found = digests(connection, None, LIVE_COLUMNS)
    connection.execute("ROLLBACK")
tables = {name: [each.rows, each.sha256] for name, each in found.items() if name not in MACHINERY}
print(json.dumps({"at_us": at_us, "tables": tables}))
