import numpy as np

from simulator.market.candles import Candles, aggregate


def candles(*rows: tuple[int, int, int, int, int, int]) -> Candles:
    return Candles(*np.array(rows, dtype=np.int64).reshape(-1, 6).T)


def test_a_longer_candle_has_the_first_open_the_extremes_the_last_close_and_the_sum() -> None:
    minutes = candles((0, 10, 12, 9, 11, 5), (60, 11, 15, 11, 14, 6), (120, 14, 14, 7, 8, 7))
    [row] = zip(*aggregate(minutes, 180).columns(), strict=True)
    assert row == (0, 10, 15, 7, 8, 18)


def test_a_longer_candle_without_any_shorter_one_does_not_exist() -> None:
    minutes = candles((0, 1, 1, 1, 1, 1), (600, 2, 2, 2, 2, 2))
    assert aggregate(minutes, 300).timestamp.tolist() == [0, 600]


def test_what_overlaps_an_interval_is_left_out() -> None:
    minutes = candles(*((t, 1, 1, 1, 1, 1) for t in range(0, 300, 60)))
    assert minutes.without([(90, 180)], 60).timestamp.tolist() == [0, 180, 240]
