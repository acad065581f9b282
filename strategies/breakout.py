"""An example to copy: buys a new high, sells a new low. Not a recommendation."""

from chandler import Frame, Position, Signal, Strategy, buy, hold, sell


class Breakout(Strategy):
    """Long above the highest close of the last `lookback` candles, out below the lowest."""

    class Parameters(Strategy.Parameters):
        """How many candles to look back."""

        lookback: int = 20

    @property
    def warm_up(self) -> int:
        """The candles before the newest one, and that one."""
        return int(self.parameters.lookback) + 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Compare the newest close with those before it."""
        before, close = frame.close[:-1], frame.close[-1]
        if close > before.max() and not position.is_open:
            return buy(size="0.5", reason=f"close {close:g} is a new high")
        if close < before.min() and position.is_open:
            return sell(reason=f"close {close:g} is a new low")
        return hold()
