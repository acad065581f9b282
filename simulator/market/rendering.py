"""How numbers look on the wire: the market's digits for a walk, the shortest exact text for a replayed double."""

from decimal import Decimal
from typing import Any, Protocol

from simulator.market.candles import Candles
from simulator.market.instrument import Instrument

_TAIL = ',%d,"%.8f",%d,"%s","%.8f","0"]'
_AVERAGE_TRADE = 250.0  # in the quote asset: what makes a count of trades out of a volume


class Digits(Protocol):
    """Text and exact decimals of the prices and volumes in one market's columns."""

    def price(self, value: Any) -> str: ...

    def amount(self, value: Any) -> str: ...

    def units(self, price: Decimal) -> Any:
        """A decimal price in the units of the columns."""

    def rows(self, candles: Candles, timeframe_ms: int) -> list[str]:
        """Kline rows of 12 elements, as JSON."""

    def plain(self, candles: Candles) -> list[str]:
        """Rows of 6 JSON numbers: open time, open, high, low, close, volume."""


class FixedPoint:
    """Columns of ticks and lots."""

    def __init__(self, traded: Instrument) -> None:
        self._ticks, self._lots = 10**traded.price_digits, 10**traded.lot_digits
        self._digits = traded.price_digits, traded.lot_digits
        self._price, self._amount = f"%.{traded.price_digits}f", f"%.{traded.lot_digits}f"
        self._row = f'[%d,"{self._price}","{self._price}","{self._price}","{self._price}","{self._amount}"'
        self._row += _TAIL.replace('"%s"', f'"{self._amount}"')
        self._plain = f"[%d,{self._price},{self._price},{self._price},{self._price},{self._amount}]"

    def price(self, value: Any) -> str:
        return f"{int(value) / self._ticks:.{self._digits[0]}f}"

    def amount(self, value: Any) -> str:
        return f"{int(value) / self._lots:.{self._digits[1]}f}"

    def units(self, price: Decimal) -> int:
        return int(price * self._ticks)

    def rows(self, candles: Candles, timeframe_ms: int) -> list[str]:
        values = _in_units(candles, self._ticks, self._lots)
        return [self._row % row for row in _with_tail(values, timeframe_ms, values.volume / 2)]

    def plain(self, candles: Candles) -> list[str]:
        values = _in_units(candles, self._ticks, self._lots)
        return [self._plain % row for row in zip(*_lists(values), strict=True)]


class ShortestExact:
    """Columns of doubles: each is written so that reading it gives back the same double to the bit."""

    def price(self, value: Any) -> str:
        text = repr(float(value))
        return format(Decimal(text), "f") if "e" in text else text

    amount = price

    def units(self, price: Decimal) -> float:
        return float(price)

    def rows(self, candles: Candles, timeframe_ms: int) -> list[str]:
        row = '[%d,"%s","%s","%s","%s","%s"' + _TAIL
        half = [self.price(volume) for volume in (candles.volume / 2).tolist()]
        texts = [[self.price(value) for value in column] for column in _lists(candles)[1:]]
        tails = _with_tail(candles, timeframe_ms, candles.volume)
        return [
            row % (tail[0], *numbers, *tail[6:9], taker, tail[10])
            for tail, numbers, taker in zip(tails, zip(*texts, strict=True), half, strict=True)
        ]

    def plain(self, candles: Candles) -> list[str]:
        return ["[{},{},{},{},{},{}]".format(*row) for row in zip(*_lists(candles), strict=True)]


def _in_units(candles: Candles, ticks: int, lots: int) -> Candles:
    opened, high, low, close = (c / ticks for c in (candles.open, candles.high, candles.low, candles.close))
    return Candles(candles.timestamp, opened, high, low, close, candles.volume / lots)


def _lists(candles: Candles) -> list[list[Any]]:
    return [column.tolist() for column in candles.columns()]


def _with_tail(candles: Candles, timeframe_ms: int, taker: Any) -> Any:
    """Rows of the eleven numbers of a kline; quote volume and trades are made up from the candle itself."""
    quote = candles.volume * ((candles.open + candles.high + candles.low + candles.close) / 4)
    trades = (quote / _AVERAGE_TRADE).astype("int64") + (candles.volume > 0)
    closes = candles.timestamp + (timeframe_ms - 1)
    tail = (closes, quote, trades, taker, quote / 2)
    return zip(*_lists(candles), *(column.tolist() for column in tail), strict=True)
