"""Killed at every step of the cycle, a trader neither loses nor doubles anything."""

import json
import os
import random
import signal
from pathlib import Path

import pytest

from tests.e2e.market.waiting import until
from tests.e2e.trading.books import CASH, differences
from tests.e2e.trading.desk import STRATEGIES, Desk, trading_desk

SOAK = bool(os.environ.get("CHANDLER_SOAK"))
#: How often they are killed in all, at least how often at each point, and for how many seconds at most.
KILLS, HITS, SECONDS = (600, 10, 1800) if SOAK else (50, 3, 1500)
SEED = int(os.environ.get("CHANDLER_SEED") or random.SystemRandom().randrange(2**32))


def is_quiet(desk: Desk) -> bool:
    """Whether no order is open and every strategy has sold what it can."""
    waiting = desk.rows("SELECT 1 FROM orders WHERE status IN ('new', 'sent', 'unknown', 'open', 'partially_filled')")
    held = desk.rows("SELECT 1 FROM positions WHERE CAST(amount AS REAL) > 0.0001")
    return not waiting and not held


@pytest.mark.timeout(SECONDS + 400)
def test_whenever_it_is_killed_the_ledger_equals_the_exchanges_account(tmp_path: Path) -> None:
    print(f"CHANDLER_SEED={SEED}")
    with trading_desk(tmp_path, SEED) as desk:
        assert desk.account.balances()["USDT"] == len(STRATEGIES) * CASH
        for kind, share in (("lost_reply", 0.1), ("drop", 0.05), ("latency", 0.05)):
            desk.trouble({"kind": kind, "paths": "/api/v3/order", "share": share, "ms": 2500})
        with desk.living(KILLS, HITS, SECONDS, SEED) as lives:
            until("they were killed often enough", (tmp_path / "peace").exists, seconds=SECONDS + 60)
            desk.calm()
            desk.chandler("reduce", "--reason", "the end of the test")
            until("nothing is open", lambda: is_quiet(desk), seconds=120)
            lives.send_signal(signal.SIGTERM)
            told = json.loads(lives.communicate(timeout=60)[0])
        print(json.dumps(told, indent=1))
        assert told["exit_codes"] == [0] * len(STRATEGIES)
        assert desk.rows("SELECT * FROM trading_states WHERE scope <> '*'") == []
        assert differences(desk) == []
        print(desk.chandler("ledger", "verify"))
        assert sum(told["hits"].values()) + told["shots"] >= KILLS
        assert min(told["hits"].values()) >= HITS
