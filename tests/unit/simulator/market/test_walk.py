import numpy as np
import pytest

from simulator.market.candles import Candles, Column, aggregate
from simulator.market.instrument import instrument
from simulator.market.timeframe import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from simulator.market.walk import Walk

MIDNIGHT = 1_795_219_200_000


def walk(pair: str = "BTC/USDT", seed: int = 7) -> Walk:
    return Walk(instrument(pair, seed), seed, 0, 0)


def same(left: Candles, right: Candles) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left.columns(), right.columns(), strict=True))


def ema(values: Column, alpha: float) -> Column:
    out = np.empty(len(values))
    level = float(values[0])
    for place, value in enumerate(values):
        level += alpha * (value - level)
        out[place] = level
    return out


def events(closes: Column) -> list[Column]:
    """Where RSI(14) falls below 30, where it rises above 70, and where EMA(12) and EMA(26) cross."""
    closes = closes.astype(float)
    moves = np.diff(closes, prepend=closes[0])
    gains, losses = ema(np.maximum(moves, 0), 1 / 14), ema(np.maximum(-moves, 0), 1 / 14)
    rsi = 100 - 100 / (1 + gains / np.maximum(losses, 1e-12))
    above = ema(closes, 2 / 13) > ema(closes, 2 / 27)
    states = (rsi < 30, rsi > 70)
    return [np.flatnonzero(s[1:] & ~s[:-1]) for s in states] + [np.flatnonzero(above[1:] != above[:-1])]


@pytest.mark.parametrize(("pair", "seed"), [("BTC/USDT", 7), ("SOL/USDT", 1), ("NEW/EUR", 99)])
def test_the_seconds_add_up_to_the_minutes_exactly(pair: str, seed: int) -> None:
    walked = walk(pair, seed)
    seconds = walked.fine(MIDNIGHT - HOUR_MS, MIDNIGHT + HOUR_MS)
    assert len(seconds) == 7200
    assert same(aggregate(seconds, MINUTE_MS), walked.base(MIDNIGHT - HOUR_MS, MIDNIGHT + HOUR_MS))


def test_a_restarted_exchange_has_the_same_history() -> None:
    assert same(walk().base(MIDNIGHT, MIDNIGHT + DAY_MS), walk().base(MIDNIGHT, MIDNIGHT + DAY_MS))


def test_a_candle_is_the_same_whatever_stretch_it_is_asked_with() -> None:
    day = walk().base(MIDNIGHT, MIDNIGHT + DAY_MS)
    for minute in (0, 1, 59, 720, 1439):
        open_ms = MIDNIGHT + minute * MINUTE_MS
        assert same(walk().base(open_ms, open_ms + MINUTE_MS), day[minute : minute + 1])
    hour = walk().fine(MIDNIGHT, MIDNIGHT + HOUR_MS)
    for second in (0, 59, 60, 1234, 3599):
        open_ms = MIDNIGHT + second * SECOND_MS
        assert same(walk().fine(open_ms, open_ms + SECOND_MS), hour[second : second + 1])


def test_another_seed_or_symbol_is_another_walk() -> None:
    stretch = (MIDNIGHT, MIDNIGHT + HOUR_MS)
    assert not same(walk(seed=7).base(*stretch), walk(seed=8).base(*stretch))
    assert not same(walk("AAA/USDT").base(*stretch), walk("BBB/USDT").base(*stretch))


@pytest.mark.parametrize("step", ["base", "fine"])
def test_every_candle_is_possible_and_opens_where_the_last_closed(step: str) -> None:
    candles = getattr(walk(), step)(MIDNIGHT, MIDNIGHT + 6 * HOUR_MS)
    assert (candles.low <= np.minimum(candles.open, candles.close)).all()
    assert (candles.high >= np.maximum(candles.open, candles.close)).all()
    assert (candles.open[1:] == candles.close[:-1]).all()
    assert (candles.low > 0).all()
    assert (candles.volume >= 0).all()


def test_calm_and_wild_hours_alternate() -> None:
    minutes = walk().base(MIDNIGHT - 20 * DAY_MS, MIDNIGHT)
    ranges = (minutes.high - minutes.low).reshape(-1, 240).mean(axis=1)
    assert ranges.max() > 2.5 * ranges.min()


@pytest.mark.parametrize(
    ("step", "stretch_ms"), [("base", 10 * DAY_MS), ("fine", DAY_MS // 2)], ids=["minutes", "seconds"]
)
def test_oscillators_reach_their_extremes_and_averages_cross_every_sixty_bars(step: str, stretch_ms: int) -> None:
    closes = getattr(walk(), step)(MIDNIGHT - stretch_ms, MIDNIGHT).close
    for places in events(closes):
        assert len(closes) / len(places) < 60
        in_each_thousand = np.bincount(places // 1000, minlength=len(closes) // 1000)[: len(closes) // 1000]
        assert in_each_thousand.min() >= 8


def test_the_last_price_is_where_the_running_second_opened() -> None:
    second = walk().fine(MIDNIGHT + 5000, MIDNIGHT + 6000)
    assert walk().price(MIDNIGHT + 5999) == second.open[0]
