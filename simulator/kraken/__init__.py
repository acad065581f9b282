"""Kraken's spot API: REST below /0/public, WebSocket v2 at /v2."""

from simulator.kraken.dialect import Kraken

__all__ = ["Kraken"]
