"""The paper market: orders are carried out at real prices, and nothing is sent to an exchange."""

from trader.paper.broker import PaperBroker
from trader.paper.order_books import OrderBooks

__all__ = ["OrderBooks", "PaperBroker"]
