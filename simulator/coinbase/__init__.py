"""Coinbase's public API: /v2 for currencies and the time, /api/v3/brokerage for the rest."""

from simulator.coinbase.dialect import Coinbase

__all__ = ["Coinbase"]
