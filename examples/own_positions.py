"""A book of one's own: open a position, add to it, look at it live, close it. Told again, nothing happens twice.

python examples/own_positions.py data/trading.db
"""

import sys

from chandler import Store

with Store.open(sys.argv[1]) as store:
    book = store.book("by-hand", exchange="binance", symbol="BTC/USDT", cash="10000")

    # With an id of the script's own, a trade may be told any number of times: after a crash, just run it again.
    book.open("buy", "0.05", "64000", trade_id="hand-1", fee="3.20", reason="looked cheap")
    book.add("0.05", "63000", trade_id="hand-2", fee="0.00005", fee_asset="BTC")

    now = book.position(mark="65500")  # without a mark: the market's latest price, if it is collected
    print(f"{now.amount} BTC at {now.average_price:.2f}, live P&L {now.unrealized_pnl:.2f} USDT")

    closed = book.close("66000", trade_id="hand-3", fee="6.60")
    print(f"earned {closed.realized_pnl:.2f} USDT, {closed.cash:.2f} in cash")
    for trade in reversed(book.trades()):
        print(f"{trade.trade_id}: {trade.side.value} {trade.amount} at {trade.price}, {trade.realized_pnl:.2f}")
