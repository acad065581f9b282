"""The store in an asyncio loop: nothing blocks it.

python examples/async_loop.py data/trading.db
"""

import asyncio
import sys

from chandler.aio import AsyncStore


async def main() -> None:
    async with AsyncStore.open(sys.argv[1]) as store:
        wallet = await store.wallet("async", exchange="binance")
        heard = asyncio.create_task(first_change(store))
        while not heard.done():  # whichever comes first: the listener's first look, or the balance
            await wallet.record("USDT", "42.10")
            await asyncio.sleep(0.05)
        print(await heard)
        print((await store.latest_balance("async", "USDT")).total)


async def first_change(store: AsyncStore) -> str:
    async for change in store.changes("balance_history", every_seconds=0.05):
        return f"{change.row['strategy_id']} has {change.row['total']} {change.row['asset']}"
    raise AssertionError("changes never end")


asyncio.run(main())
