"""The series: the partition that everything about market data is keyed by."""

from dataclasses import dataclass
from functools import cached_property

from shared.market.timeframe import timeframe_ms


@dataclass(frozen=True, order=True)
class Series:
    """One (exchange, symbol, timeframe); the symbol as ccxt writes it, `BTC/USDT`."""

    exchange: str
    symbol: str
    timeframe: str

    def __post_init__(self) -> None:
        base, _, quote = self.symbol.partition("/")
        if not (self.exchange and base and quote):
            raise ValueError(
                f"a series needs an exchange and a symbol like BTC/USDT, got {self.exchange!r} {self.symbol!r}"
            )
        timeframe_ms(self.timeframe)

    def __str__(self) -> str:
        return f"{self.exchange} {self.symbol} {self.timeframe}"

    @cached_property
    def step(self) -> int:
        """Milliseconds from one candle's open to the next."""
        return timeframe_ms(self.timeframe)

    @property
    def key(self) -> tuple[str, str, str]:
        """The leading columns of the series' rows."""
        return self.exchange, self.symbol, self.timeframe

    def floor(self, ms: int) -> int:
        """Open time of the candle that contains the instant."""
        return ms - ms % self.step

    def closed_end(self, now: int) -> int:
        """End of the newest candle that is closed at `now` (exchange time, ms): where a request may reach."""
        return self.floor(now)


def base_of(symbol: str) -> str:
    """The asset that is bought and sold: BTC of `BTC/USDT`."""
    return symbol.split("/", maxsplit=1)[0]


def quote_of(symbol: str) -> str:
    """The asset that pays: USDT of `BTC/USDT` and of `BTC/USDT:USDT`."""
    return symbol.split("/")[1].split(":", maxsplit=1)[0]
