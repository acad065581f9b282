"""A month of real candles, replayed: every one arrives, equal to the bit, also when the service is killed at it."""

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.market import Interval, Series
from tests.integration.backfiller.rig import DEADLINE, ROOT, Exchange, Place, Row, Simulate, until

FILE = ROOT.parent / "shared/data/binance_BTC-USDT_1m_2019-05.parquet"
MAY = Interval(*(int(datetime(2019, month, 1, tzinfo=UTC).timestamp() * 1000) for month in (5, 6)))
BTC = Series("binance", "BTC/USDT", "1m")

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the real candles of {FILE.name} are not on this machine")


def real_candles(path: Path) -> list[Row]:
    """The file's rows."""
    from pyarrow import parquet

    columns = parquet.read_table(path).to_pydict()
    return [list(row) for row in zip(*(columns[name] for name in columns), strict=True)]


def configure(place: Place, simulate: Simulate, backfill: str = "") -> Exchange:
    exchange = simulate("--replay", str(FILE))
    place.configure(exchange, {"start": "2019-05-01T00:00:00Z", "end": "2019-06-01T00:00:00Z"}, backfill=backfill)
    return exchange


def assert_whole(place: Place) -> None:
    rows = place.rows(BTC)
    assert len(rows) == 44_040
    assert repr(rows) == repr(real_candles(FILE))
    assert place.covered(BTC) == [MAY]
    assert place.status(BTC).candles == 44_040


def test_a_replayed_month_is_stored_to_the_bit(simulate: Simulate, place: Place) -> None:
    configure(place, simulate)
    assert place.fetch() == 0
    assert_whole(place)


def test_three_kills_at_random_moments_lose_and_repeat_nothing(simulate: Simulate, place: Place) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    exchange = configure(place, simulate, "page_candles = 100\npause_ms = 10")
    known: list[Interval] = []
    for _ in range(3):
        before, asked_before = len(place.rows(BTC)), len(exchange.log())
        process = place.start()
        until("more candles", lambda: len(place.rows(BTC)) > before)  # noqa: B023
        time.sleep(dice.uniform(0, 0.7))
        process.kill()
        process.wait(DEADLINE)
        stored = place.rows(BTC)
        held = [part for part in place.covered(BTC) for row in stored if part.start <= row[0] < part.end]
        assert len(held) == len(stored) < 44_040
        asked = [request["query"] for request in exchange.log()[asked_before:] if "endTime" in request["query"]]
        assert not [query for query in asked for part in known if part.start <= int(query["startTime"]) < part.end]
        known = place.covered(BTC)
    assert place.fetch() == 0
    assert_whole(place)
