"""Trading at a real exchange. Imported only where a strategy says `broker = "live"`: it brings ccxt."""

from trader.live.broker import LiveBroker
from trader.live.reconciliation import reconcile

__all__ = ["LiveBroker", "reconcile"]
