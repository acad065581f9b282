"""A small history and a strategy that does as it is told, for the tests of the backtest."""

from collections.abc import Mapping, Sequence
from decimal import Decimal as D

import numpy as np

from shared.config import PaperSettings
from shared.market import Frame, Market, Series
from shared.trading import Position, Rows, Signal, Strategy, hold
from trader.backtest.engine import run
from trader.backtest.outcome import Outcome
from trader.backtest.spec import Backtest

BTC = Series("binance", "BTC/USDT", "1m")
MINUTE = 60_000
#: In the middle of a block of 256 candles.
BEGIN = 1_640_995_200_000 // (256 * MINUTE) * 256 * MINUTE + 100 * MINUTE
MARKET = Market("binance", "BTC/USDT", D("0.001"), D("0.01"), D(5), D("0.001"), D("0.001"))
PLAIN = PaperSettings(slippage=D(0))

#: Open, high, low, close.
Prices = tuple[float, float, float, float]


class Told(Strategy):
    """Decides on the candles it has orders for, counted from 0, and holds on all others."""

    def __init__(self, orders: Mapping[int, Signal]) -> None:
        super().__init__()
        self.orders = {BEGIN + at * MINUTE: signal for at, signal in orders.items()}
        self.asked: list[tuple[int, Position]] = []

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        at = int(frame.timestamps[-1])
        self.asked.append(((at - BEGIN) // MINUTE, position))
        return self.orders.get(at, hold())

    def entries(self, frame: Frame) -> Rows:
        return np.isin(frame.timestamps, list(self.orders))

    exits = entries


def history(candles: Sequence[Prices], volume: float = 1_000.0, begin: int = BEGIN) -> Frame:
    """One candle a minute."""
    rows = np.array(candles, dtype=np.float64).reshape(-1, 4)
    names = ("open", "high", "low", "close")
    columns = {name: np.ascontiguousarray(rows[:, place]) for place, name in enumerate(names)}
    times = begin + np.arange(len(rows), dtype=np.int64) * MINUTE
    return Frame(times, {**columns, "volume": np.full(len(rows), volume)})


def flat(count: int, price: float = 100.0) -> list[Prices]:
    """Candles in which nothing moves."""
    return [(price, price, price, price)] * count


def traded(candles: Sequence[Prices], orders: Mapping[int, Signal], **settings: object) -> Outcome:
    """What becomes of it with 1,000 USDT, without slippage."""
    backtest = Backtest("one", BTC, **{"cash": D(1_000), "paper": PLAIN, **settings})  # type: ignore[arg-type]
    return run(backtest, Told(orders), history(candles), MARKET)


def fills(outcome: Outcome) -> list[tuple[str, float, int]]:
    """Leg, price, and the candle in which it was filled."""
    step = MINUTE * 1_000
    return [
        (each.order.leg, float(each.fill.price), (each.fill.executed_at_us - BEGIN * 1_000) // step)
        for each in outcome.fills
    ]
