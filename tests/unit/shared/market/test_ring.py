"""A ring holds the newest candles, and lets none go before it is stored."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.market import Candle, Ema, Frame, Interval, Ring

STEP = 60_000


def candle(number: int, price: float = 100.0, volume: float = 1.0) -> Candle:
    return Candle(number * STEP, price, price, price, price, volume)


def stored(first: int, last: int) -> Interval:
    """Candles number `first` to `last` are in the datastore."""
    return Interval(first * STEP, (last + 1) * STEP)


def test_the_forming_candle_is_updated_in_place_and_a_newer_one_closes_it() -> None:
    ring = Ring(capacity=3)
    ring.update(candle(1, 100))
    ring.update(candle(1, 101))
    assert list(ring.frame().close) == [101]
    assert ring.forming == candle(1, 101)
    ring.update(candle(2, 102))
    assert list(ring.frame().close) == [101, 102]
    assert ring.unkept() == [candle(1, 101)]


def test_a_full_ring_lets_a_candle_go_only_after_it_is_stored() -> None:
    ring = Ring(capacity=2)
    for number in range(1, 6):
        ring.update(candle(number), closed=True)
    assert len(ring) == 5
    assert list(ring.frame().timestamps) == [4 * STEP, 5 * STEP]
    ring.kept(stored(2, 4))
    assert len(ring) == 5
    ring.kept(stored(1, 1))
    assert [one.timestamp // STEP for one in ring.candles()] == [4, 5]
    assert ring.unkept() == [candle(5)]


def test_late_news_of_a_closed_candle_count_only_if_they_are_final() -> None:
    ring = Ring(capacity=5)
    ring.update(candle(1, 100))
    ring.update(candle(3, 103))
    assert not ring.update(candle(1, 999))
    assert not ring.update(candle(2, 999))
    assert ring.update(candle(1, 101), closed=True)
    assert ring.update(candle(2, 102), closed=True)
    assert not ring.update(candle(2, 102), closed=True)
    assert list(ring.frame().close) == [101, 102, 103]
    assert ring.forming == candle(3, 103)


def test_a_closed_candle_is_not_opened_again_by_a_message_that_was_late() -> None:
    ring = Ring(capacity=5)
    ring.update(candle(1, 101), closed=True)
    assert not ring.update(candle(1, 100))
    assert ring.forming is None
    assert list(ring.frame().close) == [101]


def test_a_frame_stays_as_it_was_when_the_market_moves_on() -> None:
    ring = Ring(capacity=2)
    ring.update(candle(1, 100))
    before = ring.frame()
    ring.update(candle(1, 200))
    assert list(before.close) == [100]


def test_indicators_move_with_the_forming_candle_and_remember_closed_ones_only() -> None:
    ring = Ring(capacity=5, indicators={"ema": Ema(3), "volume": Ema(3, of="volume")})
    ring.update(candle(1, 10, volume=4), closed=True)
    ring.update(candle(2, 1_000, volume=0))
    ring.update(candle(2, 20, volume=8))
    assert list(ring.frame()["ema"]) == [10, 15]
    ring.update(candle(3, 25))
    assert list(ring.frame()["ema"]) == [10, 15, 20]
    assert ring.frame()["volume"][1] == 6


def test_as_a_dataframe_it_is_indexed_by_utc_times() -> None:
    ring = Ring(capacity=5, indicators={"ema": Ema(10)})
    ring.update(candle(28_401_120, 10))
    found = ring.dataframe()
    assert list(found.columns) == ["open", "high", "low", "close", "volume", "ema"]
    assert str(found.index[0]) == "2024-01-01 00:00:00+00:00"


def test_a_ring_filled_from_the_datastore_goes_on_as_the_one_before_it() -> None:
    rng = np.random.default_rng(5)
    prices = 50_000 * np.exp(np.cumsum(rng.normal(0, 1e-3, 2_000)))
    candles = [candle(number, float(price)) for number, price in enumerate(prices)]
    first, second = (Ring(capacity=500, indicators={"ema": Ema(10)}) for _ in range(2))
    for one in candles[:-1]:
        first.update(one, closed=True)
        first.kept(stored(0, 2_000))
    second.fill(Frame(first.frame().timestamps, {name: first.frame()[name] for name in
                                                ("open", "high", "low", "close", "volume")}))  # fmt: skip
    first.update(candles[-1])
    second.update(candles[-1])
    np.testing.assert_allclose(second.frame()["ema"][-1], first.frame()["ema"][-1], rtol=1e-12)
    assert list(second.frame().close) == list(first.frame().close)


@pytest.mark.parametrize("wrong", [lambda: Ring(0), lambda: Ema(0)])
def test_nothing_of_no_length(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]


@dataclass
class Model:
    """The same by the plainest means: a dictionary, and everything computed from the beginning."""

    capacity: int
    rows: dict[int, Candle] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    gone: list[Candle] = field(default_factory=list)

    def update(self, one: Candle, *, closed: bool) -> None:
        newest = max(self.rows, default=-1)
        if self.gone and one.timestamp <= self.gone[-1].timestamp:
            return
        if not closed and (one.timestamp < newest or one.timestamp in self.closed):
            return
        if self.rows.get(one.timestamp) != one or (closed and one.timestamp == newest not in self.closed):
            self.kept.discard(one.timestamp)
        self.rows[one.timestamp] = one
        if closed:
            self.closed.add(one.timestamp)
        self.closed |= {time for time in self.rows if time < max(self.rows)}
        self.let_go()

    def keep(self, interval: Interval) -> None:
        self.kept |= {time for time in self.closed & self.rows.keys() if interval.start <= time < interval.end}
        self.let_go()

    def let_go(self) -> None:
        while len(self.rows) > self.capacity and (oldest := min(self.rows)) in self.kept:
            self.gone.append(self.rows.pop(oldest))

    def ema(self) -> list[float]:
        indicator = Ema(3)
        ordered = [*self.gone, *(self.rows[time] for time in sorted(self.rows))]
        return [indicator.update(one, closed=True) for one in ordered][len(self.gone) :]


UPDATES = st.tuples(st.integers(0, 12), st.integers(1, 4), st.booleans())
KEEPS = st.tuples(st.integers(0, 12), st.integers(0, 5))


@example(1, [(0, 1, False), (2, 1, False), (0, 0), (1, 1, True)])
@settings(max_examples=400)
@given(st.integers(1, 4), st.lists(UPDATES | KEEPS, max_size=40))
def test_whatever_comes_in_whatever_order_it_is_the_plain_model(capacity: int, steps: list[tuple[int, ...]]) -> None:
    ring, model = Ring(capacity, {"ema": Ema(3)}), Model(capacity)
    for number, value, *closed in steps:
        if closed:
            one = candle(number, float(value))
            ring.update(one, closed=bool(closed[0]))
            model.update(one, closed=bool(closed[0]))
        else:
            ring.kept(stored(number, number + value))
            model.keep(stored(number, number + value))
        ordered = [model.rows[time] for time in sorted(model.rows)]
        assert list(ring.candles()) == ordered
        assert list(ring.frame().close) == [one.close for one in ordered[-capacity:]]
        assert list(ring.frame()["ema"]) == model.ema()[-capacity:]
        assert {one.timestamp for one in ring.unkept()} == (model.closed & model.rows.keys()) - model.kept
