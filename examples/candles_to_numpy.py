"""Candles as NumPy arrays, wherever they lie: in the table or in sealed months.

python examples/candles_to_numpy.py data/trading.db binance BTC/USDT 1m
"""

import sys

import numpy as np

from chandler import Series, Store

with Store.open(sys.argv[1]) as store:
    series = Series(*sys.argv[2:5])
    frame = store.candles(series, count=500)  # the newest closed ones, ascending
    returns = np.diff(np.log(frame.close))
    print(f"{len(frame)} candles, the last closed at {frame.close[-1]}, volatility {returns.std():.6f} a candle")

    everything = store.history(series)  # years of them are mapped, not copied
    print(f"{len(everything)} candles in all, highest {everything.arrays().high.max()}")
