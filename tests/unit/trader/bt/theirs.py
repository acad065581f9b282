"""Strategies as users of backtrader have them, for the tests; and the loading of them."""

from pathlib import Path
from typing import Any

from shared.config import StrategySettings
from shared.trading import Strategy
from trader.loading import load

#: Waits for its order as most do, prints as most do, and remembers between candles.
CROSS = """
import backtrader as bt

class Cross(bt.Strategy):
    '''Long while the fast average is above the slow one.'''
    params = (("fast", 5), ("slow", 20), ("size", 2.0))

    def __init__(self):
        self.cross = bt.ind.CrossOver(bt.ind.SMA(period=self.p.fast), bt.ind.SMA(period=self.p.slow))
        self.order = None
        self.bought_at = None

    def notify_order(self, order):
        if order.status == order.Completed and order.isbuy():
            self.bought_at = len(self)
        if not order.alive():
            self.order = None

    def next(self):
        print(len(self), self.data.close[0])
        if self.order:
            return
        if not self.position:
            if self.cross[0] > 0:
                self.order = self.buy(size=self.p.size)
        elif self.cross[0] < 0:
            self.order = self.close()
"""

#: The same with a stop and a target beside the entry.
BRACKET = CROSS.replace(
    "self.order = self.buy(size=self.p.size)",
    """close = self.data.close[0]
                self.order, *_ = self.buy_bracket(size=self.p.size, exectype=bt.Order.Market,
                                                  stopprice=close * 0.995, limitprice=close * 1.01)""",
)


def strategy(directory: Path, code: str, **parameters: Any) -> Strategy:
    """A user's file, loaded as a trader loads it."""
    (directory / "theirs.py").write_text(code)
    return load(wanted(**parameters), directory)


def wanted(engine: str = "backtrader", **parameters: Any) -> StrategySettings:
    """The section of the configuration that names it."""
    return StrategySettings.model_validate(
        {
            "id": "one",
            "name": "theirs",
            "exchange": "binance",
            "symbol": "BTC/USDT",
            "timeframe": "1m",
            "engine": engine,
            "parameters": parameters,
        }
    )
