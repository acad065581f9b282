"""A test as one HTML file that asks no other host for anything."""

from console.backtest.report.candles import Thinned
from console.backtest.report.page import Report, page, write

__all__ = ["Report", "Thinned", "page", "write"]
