"""All trades of a market, page by page."""

from collections import defaultdict
from decimal import Decimal

from shared.exchange import Client, RawTrade, fetch_trades_page, start_cursor
from shared.market import Series
from tests.integration.shared.exchange.there import Simulate, using

BTC = Series("kraken", "BTC/USD", "1m")


def test_pages_of_trades_make_the_volume_of_the_candles_without_loss_or_doubling(simulate: Simulate) -> None:
    exchange = simulate("--dialect", "kraken", "--weight-limit", "0")

    async def walk(client: Client) -> tuple[int, list[RawTrade]]:
        start = BTC.floor(client.now()) - 400 * BTC.step
        cursor, trades = start_cursor(start), list[RawTrade]()
        while not trades or trades[-1].time_ns < (start + 300 * BTC.step) * 1_000_000:
            page = await fetch_trades_page(client, "BTC/USD", cursor)
            assert page.cursor != cursor
            cursor, trades = page.cursor, trades + page.trades
        return start, trades

    start, trades = using(exchange, walk, "kraken", rate_limit=False)
    assert len(trades) > 1000
    assert len({trade.id for trade in trades}) == len(trades)
    assert [trade.time_ns for trade in trades] == sorted(trade.time_ns for trade in trades)
    volumes = defaultdict[int, Decimal](Decimal)
    for trade in trades:
        volumes[BTC.floor(trade.time_ns // 1_000_000)] += trade.amount
    truth = exchange.ask(f"/control/truth?symbol=BTC/USD&timeframe=1m&start={start}&end={start + 300 * BTC.step}")
    assert [float(volumes[int(row[0])]) for row in truth] == [float(row[5]) for row in truth]
