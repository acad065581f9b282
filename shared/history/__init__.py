"""The one reading surface: candles of a series, wherever they lie, as columns, chunks, an Arrow stream or Polars."""

from shared.history.fetch import fetch_lacking
from shared.history.read import Place, copies_in, newest, opening
from shared.history.surface import Candles, candles

__all__ = ["Candles", "Place", "candles", "copies_in", "fetch_lacking", "newest", "opening"]
