"""Whether a backtest decides as a trader would have: the same history once more, candle by candle."""

from trader.parity.compare import Difference, Parity, compared, rows_of
from trader.parity.live import Live, Lived

__all__ = ["Difference", "Live", "Lived", "Parity", "compared", "rows_of"]
