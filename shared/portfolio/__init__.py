"""The portfolio: all strategies together, what they hold, what they earned, and what that was worth."""

from shared.portfolio.curve import Curve
from shared.portfolio.holdings import Account, Holding
from shared.portfolio.ratios import Performance, performance
from shared.portfolio.reader import PortfolioReader
from shared.portfolio.totals import Portfolio, Totals
from shared.portfolio.views import AccountView, Exposure, PortfolioView, Record, StrategyRow

__all__ = [
    "Account",
    "AccountView",
    "Curve",
    "Exposure",
    "Holding",
    "Performance",
    "Portfolio",
    "PortfolioReader",
    "PortfolioView",
    "Record",
    "StrategyRow",
    "Totals",
    "performance",
]
