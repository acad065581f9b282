"""One symbol of the exchange: its assets and the digits it is traded in."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from simulator.market.noise import key_of

MIN_NOTIONAL: Final = Decimal(5)

# Starting prices in the quote asset, with the digits of price and of quantity that the exchange uses for them.
KNOWN: Final[dict[str, tuple[str, int, int]]] = {
    "BTC": ("61250", 2, 5),
    "ETH": ("3140", 2, 4),
    "SOL": ("152", 3, 3),
    "BNB": ("586", 2, 3),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """`price_digits` and `lot_digits` are decimals after the point; together at most 8, so quote amounts are exact."""

    base: str
    quote: str
    start_price: Decimal
    price_digits: int
    lot_digits: int

    def __post_init__(self) -> None:
        if not (self.base and self.quote) or self.price_digits + self.lot_digits > 8:
            raise ValueError(f"impossible instrument {self.base}/{self.quote}")

    @property
    def symbol(self) -> str:
        """The exchange's spelling: BTCUSDT."""
        return self.base + self.quote

    @property
    def tick(self) -> Decimal:
        return Decimal(1).scaleb(-self.price_digits)

    @property
    def lot(self) -> Decimal:
        return Decimal(1).scaleb(-self.lot_digits)


def instrument(pair: str, seed: int) -> Instrument:
    """The instrument of a pair such as "BTC/USDT"; an unknown base gets its price and digits from the seed."""
    base, slash, quote = pair.strip().upper().partition("/")
    if not (slash and base.isalnum() and quote.isalnum()):
        raise ValueError(f"a symbol is written BASE/QUOTE, as BTC/USDT; got {pair!r}")
    if base in KNOWN:
        price, price_digits, lot_digits = KNOWN[base]
        return Instrument(base, quote, Decimal(price), price_digits, lot_digits)
    drawn = int(key_of(seed, base, "start price"))
    price_digits = 3 + drawn % 4
    return Instrument(base, quote, Decimal(50_000 + drawn % 450_000).scaleb(-price_digits), price_digits, 2)
