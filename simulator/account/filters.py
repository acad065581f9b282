"""The exchange's filters on price, quantity and notional value, and how decimal parameters are read."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from simulator.errors import ApiError, missing
from simulator.market.instrument import MIN_NOTIONAL, Instrument

MAX_LOTS: Final = 9_000_000_000
MAX_TICKS: Final = 1_000_000_000
MAX_NOTIONAL: Final = Decimal(9_000_000)
_DECIMAL: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")


def decimal_of(params: Mapping[str, str], name: str) -> Decimal:
    """A positive decimal parameter; -1102 if missing, -1100 if malformed, -1111 if it has more than 8 decimals."""
    text = params.get(name, "")
    if not text:
        raise missing(name)
    if not _DECIMAL.fullmatch(text):
        raise ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{_DECIMAL.pattern}'.")
    value = Decimal(text)
    if value != value.quantize(Decimal("1e-8")):
        raise ApiError(-1111, f"Parameter '{name}' has too much precision.")
    return value


def check_lot(traded: Instrument, amount: Decimal) -> None:
    if not traded.lot <= amount <= MAX_LOTS * traded.lot or amount % traded.lot:
        raise ApiError(-1013, "Filter failure: LOT_SIZE")


def check_price(traded: Instrument, price: Decimal) -> None:
    if not traded.tick <= price <= MAX_TICKS * traded.tick or price % traded.tick:
        raise ApiError(-1013, "Filter failure: PRICE_FILTER")


def check_notional(price: Decimal, amount: Decimal) -> None:
    if not MIN_NOTIONAL <= price * amount <= MAX_NOTIONAL:
        raise ApiError(-1013, "Filter failure: NOTIONAL")


def filters(traded: Instrument) -> list[dict[str, object]]:
    """The enforced filters as `exchangeInfo` lists them."""
    tick, lot = f"{traded.tick:.8f}", f"{traded.lot:.8f}"
    quantities = {"minQty": lot, "maxQty": f"{MAX_LOTS * traded.lot:.8f}", "stepSize": lot}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": f"{MAX_TICKS * traded.tick:.8f}",
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", **quantities},
        {"filterType": "MARKET_LOT_SIZE", **quantities},
        {
            "filterType": "NOTIONAL",
            "minNotional": f"{MIN_NOTIONAL:.8f}",
            "applyMinToMarket": True,
            "maxNotional": f"{MAX_NOTIONAL:.8f}",
            "applyMaxToMarket": True,
            "avgPriceMins": 0,
        },
    ]
