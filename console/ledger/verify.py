"""`chandler ledger verify`: the stored books, held against what deposits and trades make."""

import json

from console import words
from console.candles.status import opened
from shared import ledger
from shared.config import Settings
from shared.ledger import Difference
from shared.trading import plain


def verify_books(settings: Settings, *, as_json: bool) -> int:
    """Print every difference, or that there is none; 1 if there is one."""
    with opened(settings) as database, database.read() as connection:
        strategies, trades = ledger.extent(connection)
        found = ledger.verify(connection)
    if as_json:
        print(json.dumps({"strategies": strategies, "trades": trades, "differences": [_json(each) for each in found]}))
    else:
        for difference in found:
            print(difference)
        verdict = words.several(len(found), "difference") if found else "no difference"
        looked_at = words.several(strategies, "strategy", "strategies"), words.several(trades, "trade")
        print(f"{verdict} in {' and '.join(looked_at)}")
    return 1 if found else 0


def _json(difference: Difference) -> dict[str, str]:
    return {
        "strategy_id": difference.strategy_id,
        "what": difference.what,
        "stored": plain(difference.stored),
        "derived": plain(difference.derived),
    }
