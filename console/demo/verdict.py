"""Whether a demo really did something. Pure."""

from dataclasses import dataclass

from console import words
from shared.overview import Overview


@dataclass(frozen=True)
class Counts:
    """What the database holds."""

    candles: int
    signals: int
    trades: int

    @classmethod
    def of(cls, overview: Overview) -> "Counts":
        """The totals of an overview."""
        return cls(overview.candles, overview.signals, overview.trades)

    def since(self, before: "Counts") -> "Counts":
        """What was added."""
        return Counts(self.candles - before.candles, self.signals - before.signals, self.trades - before.trades)

    def missing(self) -> list[str]:
        """The kinds of which there is nothing."""
        return [name for name in ("candles", "signals", "trades") if getattr(self, name) <= 0]

    def __str__(self) -> str:
        counted = {"candle": self.candles, "signal": self.signals, "trade": self.trades}
        return ", ".join(words.several(number, noun) for noun, number in counted.items())
