"""The paper market: orders are carried out on real prices, and no exchange is asked."""

from trader.paper.broker import PaperBroker

__all__ = ["PaperBroker"]
