"""Indicators of ours as lines for backtrader: computed over columns, far quicker than bar by bar."""

from collections.abc import Iterable, Iterator, Mapping

from shared.indicators import indicator
from shared.indicators.anchor import anchored, block
from shared.market import Frame, Indicator, Series
from trader.backtest.stretches import ROWS, stretches


def with_lines(
    frames: Frame | Iterable[Frame],
    series: Series,
    indicators: Mapping[str, str | Indicator],
    warm_up: int,
    rows: int = ROWS,
) -> Iterator[Frame]:
    """The frames with a column for each indicator (`{"rsi": "rsi:14"}`), `rows` candles at a time.

    To the bit what a trader computes for a strategy with this `warm_up`. Hand the names to `feed` as `columns`.
    """
    found = {name: indicator(spec) for name, spec in indicators.items()}
    length = block(series.step, warm_up)
    for stretch in stretches([frames] if isinstance(frames, Frame) else frames, length, warm_up, rows):
        yield anchored(stretch.frame, found, length, warm_up).last(len(stretch.frame) - stretch.begins)
