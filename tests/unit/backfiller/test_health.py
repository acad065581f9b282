"""The backfiller is healthy while what is known of its series keeps up with the exchange."""

from backfiller.health import Known, assess
from shared.market import Series

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("binance", "ETH/USDT", "1m")
NOW, SETTLE = 1_700_000_000_000, 120_000


def behind_by(milliseconds: int) -> Known:
    return Known(NOW - milliseconds, NOW, SETTLE)


def test_series_that_keep_up_are_healthy() -> None:
    assert assess({BTC: behind_by(70_000), ETH: behind_by(0)}, 0, 3.0) == (True, "2 series up to date")


def test_a_series_may_lag_by_the_settle_time_and_a_few_candles() -> None:
    limit = SETTLE + 3 * 60_000 + 30_000
    assert assess({BTC: behind_by(limit)}, 0, 3.0)[0]
    assert not assess({BTC: behind_by(limit + 1)}, 0, 3.0)[0]


def test_the_series_that_is_behind_is_named() -> None:
    assert assess({BTC: behind_by(3_600_000), ETH: behind_by(0)}, 0, 200.0) == (
        False,
        "1 of 2 series behind: binance BTC/USDT 1m; last page 200 s ago",
    )


def test_a_series_that_is_behind_is_excused_while_its_history_moves() -> None:
    assert assess({BTC: Known(None, NOW, SETTLE)}, 5_000, 2.0) == (True, "catching up: 5000 candles left")
    assert not assess({BTC: Known(None, NOW, SETTLE)}, 5_000, 61.0)[0]


def test_before_anything_is_collected_it_is_not_healthy() -> None:
    assert assess({}, 0, 0.0) == (False, "no series is being collected yet")
    assert not assess({BTC: Known(None, NOW, SETTLE)}, 0, 0.0)[0]
