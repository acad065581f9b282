"""Keep the balances of an account, as a script sees them at an exchange; then ask for the newest.

python examples/record_balances.py data/trading.db
"""

import sys
import time

from chandler import Seen, Store

with Store.open(sys.argv[1]) as store:
    wallet = store.wallet("binance-main", exchange="binance")  # made the first time, found from then on

    wallet.record("USDT", "1250.75", held="50")  # exact: Decimal, int or text, never a float
    wallet.record("BTC", "0.125", reason="deposit arrived")

    # Many at once: one transaction, in their order. `at_us` is when it was seen, in microseconds UTC.
    began = time.time_ns() // 1000 - 100_000_000
    wallet.record_many(Seen("USDT", 1250 - n, at_us=began + n * 1_000_000) for n in range(100))

    usdt = wallet.latest("USDT")
    print(f"USDT: {usdt.total} in all, {usdt.held} of it held by orders")
    for asset, balance in wallet.balances().items():
        print(f"{asset}: {balance.total}")
