"""The whole desk in a few lines: what each account is worth, and who holds what.

python examples/portfolio.py data/trading.db
"""

import sys

from chandler import Store

with Store.open(sys.argv[1]) as store:
    for account, totals in store.summary().items():  # quick enough to be asked every second
        print(f"{account}: equity {totals.equity:.2f}, cash {totals.cash:.2f}, {totals.positions} positions open")
        print(f"  realized {totals.realized:.2f}, live {totals.unrealized:.2f}, fees {totals.fees:.2f}")

    for view in store.overview().strategies:
        pnl = "unknown yet" if view.pnl is None else f"{view.pnl:.2f} {view.quote}"
        print(f"{view.strategy_id}: {view.position.amount:f} of {view.series.symbol}, P&L {pnl}")

    for account_view in store.portfolio(days=30).accounts:  # reads the history: returns, drawdown, benchmark
        print(f"{account_view.account}: {account_view.record.performance.total_return:+.2%} in 30 days")
