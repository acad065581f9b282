"""Runs inside a container: `python - SQL ARGUMENTS` prints the rows as JSON.

The live WAL file is opened with the SQLite library that the services write it with, never with a second one.
"""

import json
import sys
from contextlib import closing

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:
    import sqlite3

with closing(sqlite3.connect("file:/data/trading.db?mode=rw", uri=True, timeout=3)) as connection:
    rows = connection.execute(sys.argv[1], json.loads(sys.argv[2])).fetchall()
sys.stdout.write(json.dumps(rows))
