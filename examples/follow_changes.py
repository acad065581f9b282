"""Callbacks on change: attach a balance or portfolio manager that exists. Other processes' changes are heard, too.

python examples/follow_changes.py data/trading.db [SECONDS]
"""

import sys
from threading import Event, Timer

from chandler import Change, Store


def on_balance(change: Change) -> None:
    print(f"{change.row['strategy_id']}: {change.row['total']} {change.row['asset']} ({change.row['reason']})")


def on_position(change: Change) -> None:
    print(f"{change.row['strategy_id']}: holds {change.row['amount']} of {change.row['symbol']}")


stop = Event()
with Store.open(sys.argv[1]) as store:
    changes = store.follow()  # from now on; `store.follow(bookmark)` goes on where a bookmark was kept
    changes.on("balance_history", on_balance)
    changes.on("positions", on_position)
    Timer(float(sys.argv[2]) if len(sys.argv) > 2 else 60, stop.set).start()
    changes.run(stop)
