"""The overview: what is collected and what it earned, asked for in one place by the status command, the demo and the
web page."""

from shared.overview.read import overview
from shared.overview.trades import Trade, latest_trades, trades_of
from shared.overview.views import ExchangeView, Overview, SeriesView, StrategyView

__all__ = ["ExchangeView", "Overview", "SeriesView", "StrategyView", "Trade", "latest_trades", "overview", "trades_of"]
