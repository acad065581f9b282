"""Candles out of trades, whatever way the trades are cut into pages."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfiller import rebuild as rebuilding
from backfiller.plan import Wanted
from shared.exchange import RawTrade, TradesPage
from shared.market import Candle, Interval, Series

MINUTE = 60_000
BTC = Series("kraken", "BTC/USD", "1m")
LOST = Interval(MINUTE, 4 * MINUTE)


class Books:
    """A store that has this much as unreachable."""

    def read(self, _work: object) -> list[Interval]:
        return [LOST]

    async def write_unhurried(self, work: Callable[[Any], int], _pause: float) -> int:
        return work(None)


def rebuilt(trades: list[RawTrade], page: int) -> list[Candle]:
    """What is stored of an exchange that gives the trades after a cursor, `page` at a time."""
    stored = list[Candle]()

    async def fetch(_client: object, _symbol: str, cursor: str) -> TradesPage:
        found = [trade for trade in trades if trade.time_ns > int(cursor)][:page]
        return TradesPage(found, str(found[-1].time_ns) if found else cursor, 0)

    def store(_connection: object, _series: Series, candles: list[Candle], _part: Interval, now_us: int) -> int:
        assert now_us
        stored.extend(candles)
        return len(candles)

    async def nothing(*_: object) -> None:
        return

    client = SimpleNamespace(id="kraken", now=lambda: 10 * MINUTE)
    progress = SimpleNamespace(note=lambda *_, **__: None)
    source = SimpleNamespace(
        client=client, store=Books(), progress=progress, settle_ms=0, pause_seconds=0.0, attempts=1, stopped={}
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, stub in (("fetch_trades_page", fetch), ("store_page", store), ("fill", nothing)):
            patch.setattr(rebuilding, name, stub)
        asyncio.run(rebuilding.rebuild(cast("Any", source), Wanted(BTC, 0)))
    return stored


@given(moments=st.lists(st.integers(60_000, 239_999), min_size=1, max_size=40), page=st.integers(1, 7))
def test_trades_of_one_moment_that_a_page_parts_are_all_counted(moments: list[int], page: int) -> None:
    """Orders that meet several others make trades of the same moment; a page holds all but one of them at least."""
    times = sorted(moments)
    page += max(times.count(time) for time in times)
    trades = [
        RawTrade(time * 1_000_000, Decimal(1), Decimal(1), str(number))
        for number, time in enumerate([*times, 5 * MINUTE])
    ]
    volumes = {candle.timestamp // MINUTE: candle.volume for candle in rebuilt(trades, page)}
    assert volumes == {
        minute: float(count) for minute in (1, 2, 3) if (count := sum(time // MINUTE == minute for time in times))
    }
