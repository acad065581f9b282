"""What the progress line says."""

from backfiller.progress import Progress
from shared.market import Interval, Series

BTC = Series("binance", "BTC/USDT", "1m")


def test_the_rate_is_of_history_and_gives_the_time_left() -> None:
    progress = Progress(started=100.0)
    progress.expect(BTC, [], [Interval(0, 60_000_000)])
    progress.note(BTC, Interval(0, 6_000_000), 90, history=True)
    assert progress.text(now=101.0) == "history: 900 candles left, 100/s, 0:00:09 to go, 90 stored"


def test_the_live_edge_does_not_count_as_history() -> None:
    progress = Progress()
    progress.expect(BTC, [Interval(0, 600_000)], [Interval(600_000, 1_200_000)])
    progress.note(BTC, Interval(2_000_000, 2_060_000), 1, history=False)
    assert progress.remaining == {BTC: 10}
    assert progress.known_until == {BTC: 2_060_000}


def test_with_nothing_left_it_says_so() -> None:
    progress = Progress()
    assert progress.text(now=1.0) == "waiting for the exchanges"
    progress.expect(BTC, [], [])
    assert progress.text(now=1.0) == "history complete, 0 candles stored"
