"""`chandler portfolio`: all strategies together, what they hold, what they earned and how well."""

from console.portfolio.show import show_portfolio

__all__ = ["show_portfolio"]
