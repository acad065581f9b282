"""backtrader on what is stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chandler import Store
from shared import candles
from shared.clock import now_us
from shared.market import Candle, Interval, Series
from tests.integration.trader.desk import open_desk
from trader.bt.feed import days, feed
from trader.bt.library import bt
from trader.bt.lines import with_lines
from trader.check.walk import walk

MINUTE = Series("binance", "BTC/USDT", "1m")
HISTORY = walk(900, seed=2, step=60_000)


class Notes(bt.Strategy):  # type: ignore[misc]
    """Writes down times, closes and a computed line."""

    def __init__(self) -> None:
        self.bars: list[tuple[float, float, float]] = []

    def next(self) -> None:
        self.bars.append((self.data.datetime[0], self.data.close[0], self.data.lines.mean[0]))


@pytest.mark.parametrize("how", [{}, {"exactbars": 1}])
def test_candles_come_from_the_store_in_chunks_with_computed_lines(tmp_path: Path, how: dict[str, Any]) -> None:
    desk = open_desk(tmp_path)
    columns = (HISTORY[name].tolist() for name in ("open", "high", "low", "close", "volume"))
    rows = [Candle(*row) for row in zip(HISTORY.timestamps.tolist(), *columns, strict=True)]
    with desk.database.write() as connection:
        candles.store_page(connection, MINUTE, rows, Interval(0, len(rows) * 60_000), now_us=now_us())
    desk.database.close()

    with Store.open(tmp_path / "trading.db") as store:
        history = store.history(MINUTE)
        cerebro = bt.Cerebro(stdstats=False, **how)
        lines = {"mean": "sma:5"}
        cerebro.adddata(feed(lambda: with_lines(history.chunks(100), MINUTE, lines, warm_up=5), MINUTE, tuple(lines)))
        cerebro.addstrategy(Notes)
        (ran,) = cerebro.run()
    times, closes, means = (np.array(column) for column in zip(*ran.bars, strict=True))
    assert np.array_equal(times, days(HISTORY.timestamps))
    assert np.array_equal(closes, HISTORY.close)
    windows = np.lib.stride_tricks.sliding_window_view(HISTORY.close, 5).mean(axis=1)
    assert np.isnan(means[:4]).all()
    assert means[4:] == pytest.approx(windows, rel=1e-12)
