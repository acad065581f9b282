"""Signals on every candle, with an RSI from `ta` first: what the signal benchmark runs."""

from chandler import Frame, Position, Signal, Strategy, buy, sell


class EveryCandle(Strategy):
    """Buys when flat, sells when not."""

    @property
    def warm_up(self) -> int:
        """As long as the shipped RSI strategy's."""
        return 280

    def indicators(self) -> dict[str, str]:
        """The same work as the shipped strategies."""
        return {"rsi": "ta:momentum.rsi:14"}

    def decide(self, frame: Frame, position: Position) -> Signal:
        """Always something."""
        reason = f"rsi {frame['rsi'][-1]:.1f}"
        return sell(reason=reason) if position.is_open else buy("0.5", reason=reason)
