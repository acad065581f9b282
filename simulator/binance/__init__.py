"""Binance's spot API: REST below /api/v3, streams below /ws and /stream, bulk files below /data/spot."""

from simulator.binance.dialect import Binance

__all__ = ["Binance"]
