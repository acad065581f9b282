"""Kraken's names: bitcoin is XBT, and the oldest assets carry an X or a Z in front."""

from typing import Final

from simulator.market.instrument import Instrument

_ALTNAMES: Final = {"BTC": "XBT", "DOGE": "XDG"}
_COINS: Final = ("XBT", "XDG", "ETC", "ETH", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC")
_MONEY: Final = ("AUD", "CAD", "EUR", "GBP", "JPY", "USD")


def altname(asset: str) -> str:
    """XBT of BTC."""
    return _ALTNAMES.get(asset, asset)


def asset_id(asset: str) -> str:
    """XXBT of BTC, ZUSD of USD, SOL of SOL."""
    name = altname(asset)
    return ("X" if name in _COINS else "Z" if name in _MONEY else "") + name


def pair_altname(traded: Instrument) -> str:
    """XBTUSD."""
    return altname(traded.base) + altname(traded.quote)


def pair_id(traded: Instrument) -> str:
    """XXBTZUSD where both assets are old, XBTUSDT where not."""
    old = altname(traded.base) in _COINS and altname(traded.quote) in (*_COINS, *_MONEY)
    return asset_id(traded.base) + asset_id(traded.quote) if old else pair_altname(traded)


def wsname(traded: Instrument) -> str:
    """XBT/USD, the name of the first WebSocket."""
    return f"{altname(traded.base)}/{altname(traded.quote)}"


def symbol(traded: Instrument) -> str:
    """BTC/USD, the name of the second WebSocket."""
    return f"{traded.base}/{traded.quote}"


def spellings(traded: Instrument) -> tuple[str, ...]:
    """Every name that a client may use."""
    return pair_id(traded), pair_altname(traded), wsname(traded), symbol(traded)
