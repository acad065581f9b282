"""Take backups while others write, and look into the database as it stood at an instant.

python examples/backup_and_restore.py data/trading.db /tmp/then.db
"""

import sys
from datetime import UTC, datetime

from chandler import Store

with Store.open(sys.argv[1]) as store:
    print(f"full: {store.backups.take(full=True).path}")
    store.wallet("backed-up", exchange="binance").record("USDT", 1)
    then = datetime.now(UTC)
    store.wallet("backed-up").record("USDT", 2)
    print(f"increment: {store.backups.take().path}")

    for reach in store.backups.recoverable():
        print(f"can be restored: {reach}")
    restored = store.backups.restore(sys.argv[2], then)
    print(f"restored {restored.path}: {restored.problems or 'sound'}")

with Store.open(sys.argv[2]) as past:
    print(f"at that instant: {past.latest_balance('backed-up', 'USDT').total} USDT")
