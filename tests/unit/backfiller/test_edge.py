"""Of what a stream shows only that is stored which can't be otherwise; REST is asked about the rest."""

from hypothesis import given
from hypothesis import strategies as st

from backfiller.edge import Edge
from shared.market import Candle, Closed, Interval, Ring, Series, subtract

MINUTE = 60_000
BTC = Series("binance", "BTC/USDT", "1m")
SECONDS = Series("binance", "BTC/USDT", "1s")
CLOSE = 700


def candle(number: int, close: float = 100.0) -> Candle:
    return Candle(number * MINUTE, close, close, close, close, 1.0)


def slots(first: int, last: int) -> Interval:
    return Interval(first * MINUTE, (last + 1) * MINUTE)


def begun(start: int = 10) -> Edge:
    """An edge of which everything before candle number `start` is known."""
    edge = Edge(BTC, Ring(10))
    edge.begin(start * MINUTE, [])
    return edge


def show(edge: Edge, *numbers: int, at: float, connection: int = 1, close: float = 100.0) -> None:
    """A message with these candles, `at` minutes."""
    edge.shown([list(candle(number, close)) for number in numbers], connection, int(at * MINUTE))


def test_a_candle_followed_from_its_open_to_the_next_one_is_certain() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    assert edge.certain(int(10.9 * MINUTE)) == []
    show(edge, 10, at=10.99, close=105)
    show(edge, 11, at=11.01)
    assert edge.certain(int(11.01 * MINUTE)) == [Closed(BTC, slots(10, 10), [candle(10, 105)])]


def test_where_every_candle_ends_with_a_message_one_without_it_is_in_doubt() -> None:
    edge = begun()
    edge.ends_with_message = True
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    show(edge, 10, 11, at=11.01)  # the message of the next one brings the stale one along
    assert edge.certain(int(11.01 * MINUTE)) == []
    assert edge.doubt(int(11.1 * MINUTE), CLOSE) == [slots(10, 10)]


def test_the_message_at_its_end_makes_it_certain_also_when_it_comes_with_the_next_one() -> None:
    edge = begun()
    edge.ends_with_message = True
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    edge.shown([list(candle(10, 105)), list(candle(11))], 1, int(11.01 * MINUTE))
    show(edge, 11, at=12.0)
    show(edge, 12, at=12.01)
    assert edge.certain(int(12.01 * MINUTE)) == [Closed(BTC, slots(10, 11), [candle(10, 105), candle(11)])]


def test_what_was_noted_is_neither_certain_nor_in_doubt_again() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    show(edge, 11, at=11.01)
    edge.note(slots(10, 10))
    assert edge.certain(12 * MINUTE) == []
    assert edge.doubt(int(11.5 * MINUTE), CLOSE) == []


def test_a_candle_that_was_open_when_the_connection_came_up_is_in_doubt() -> None:
    edge = begun()
    show(edge, 10, at=10.5)
    show(edge, 11, at=11.01)
    assert edge.certain(int(11.1 * MINUTE)) == []
    assert edge.doubt(int(11.1 * MINUTE), CLOSE) == [slots(10, 10)]


def test_a_candle_whose_life_spans_a_reconnect_is_in_doubt() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    show(edge, 10, at=10.6, connection=2)
    show(edge, 11, at=11.01, connection=2)
    assert edge.certain(int(11.1 * MINUTE)) == []
    show(edge, 12, at=12.01, connection=2)
    assert [page.coverage for page in edge.certain(int(12.1 * MINUTE))] == [slots(11, 11)]
    assert edge.doubt(int(11.1 * MINUTE), CLOSE) == [slots(10, 10)]


def test_behind_a_newer_candle_there_is_nothing_to_wait_for() -> None:
    edge = begun()
    show(edge, 10, at=10.5)
    show(edge, 11, at=11.001)
    assert edge.doubt(int(11.002 * MINUTE), CLOSE) == [slots(10, 10)]


def test_around_a_jump_nothing_is_certain() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    show(edge, 13, at=13.01)
    assert edge.certain(int(13.1 * MINUTE)) == []
    assert edge.doubt(int(13.1 * MINUTE), CLOSE) == [slots(10, 12)]


def test_a_candle_that_no_newer_one_follows_is_closed_by_time_and_in_doubt() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    assert edge.doubt(11 * MINUTE + CLOSE - 1, CLOSE) == []
    assert edge.doubt(11 * MINUTE + CLOSE, CLOSE) == [slots(10, 10)]


def test_one_second_candles_in_doubt_share_a_request_when_the_oldest_is_four_seconds_old() -> None:
    edge = Edge(SECONDS, Ring(10))
    edge.begin(10_000, [])
    edge.shown([[10_000, 1.0, 1.0, 1.0, 1.0, 1.0]], 1, 10_500)
    assert edge.doubt(14_999, CLOSE) == []
    assert edge.doubt(15_000, CLOSE) == [Interval(10_000, 14_000)]


def test_the_hole_that_a_broken_connection_left_is_asked_about_with_what_was_open_when_it_came_back() -> None:
    edge = Edge(SECONDS, Ring(10))
    edge.begin(10_000, [])
    edge.lost()
    for second in (12, 13, 14):
        edge.shown([[second * 1_000, 1.0, 1.0, 1.0, 1.0, 1.0]], 2, second * 1_000 + 20)
    assert [page.coverage for page in edge.certain(14_100)] == [Interval(13_000, 14_000)]
    edge.note(Interval(13_000, 14_000))
    assert edge.doubt(14_999, CLOSE) == []
    assert edge.doubt(15_000, CLOSE) == [Interval(10_000, 13_000)]


def awaiting() -> Edge:
    """Of an exchange that ends every candle with a message; candle 10 is whole so far."""
    edge = begun()
    edge.ends_with_message = True
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    return edge


def test_the_message_at_a_candles_end_is_waited_for_while_the_connection_is_there() -> None:
    edge = awaiting()
    assert edge.doubt(11 * MINUTE + 3_999, CLOSE) == []
    assert edge.doubt(11 * MINUTE + 4_000, CLOSE) == [slots(10, 10)]
    edge.lost()
    assert edge.doubt(11 * MINUTE + CLOSE, CLOSE) == [slots(10, 10)]


def test_an_exchange_that_is_late_for_everybody_is_not_asked_for_what_its_stream_then_tells() -> None:
    edge = awaiting()
    late = 11 * MINUTE + 2_000
    edge.shown([list(candle(10, 105))], 1, late)
    assert edge.doubt(late + CLOSE - 1, CLOSE) == []
    edge.shown([list(candle(10, 105)), list(candle(11))], 1, late)
    assert edge.certain(late) == [Closed(BTC, slots(10, 10), [candle(10, 105)])]


def test_a_closed_candle_that_the_next_one_does_not_follow_is_asked_about_soon() -> None:
    edge = awaiting()
    edge.shown([list(candle(10, 105))], 1, 11 * MINUTE + 20)
    assert edge.doubt(11 * MINUTE + 20 + CLOSE, CLOSE) == [slots(10, 10)]


def test_a_candle_from_the_future_closes_nothing() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    show(edge, 11, at=10.2)
    assert edge.certain(int(10.3 * MINUTE)) == []
    show(edge, 500, at=10.4)
    assert edge.ring.newest == 11 * MINUTE


def test_impossible_rows_are_counted_and_leave_their_candle_in_doubt() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    edge.shown([[10 * MINUTE, 1.0, 0.5, 2.0, 1.0, 1.0], "rubbish", None], 1, int(10.5 * MINUTE))
    show(edge, 11, at=11.01)
    assert len(edge.refused) == 3
    assert edge.certain(int(11.1 * MINUTE)) == []
    assert edge.doubt(int(11.1 * MINUTE), CLOSE) == [slots(10, 10)]


def test_an_impossible_last_message_does_not_make_the_one_before_it_final() -> None:
    edge = begun()
    show(edge, 9, at=9.5)
    show(edge, 10, at=10.1)
    edge.shown([[10 * MINUTE, 1.0, 0.5, 2.0, 1.0, 1.0]], 1, int(10.99 * MINUTE))
    show(edge, 11, at=11.01)
    assert edge.certain(int(11.1 * MINUTE)) == []
    assert edge.doubt(int(11.1 * MINUTE), CLOSE) == [slots(10, 10)]
    show(edge, 12, at=12.01)
    assert [page.coverage for page in edge.certain(int(12.1 * MINUTE))] == [slots(11, 11)]


def test_what_is_settled_is_left_to_history() -> None:
    edge = begun()
    show(edge, 10, at=10.5)
    edge.leave(12 * MINUTE)
    assert edge.doubt(14 * MINUTE + CLOSE, CLOSE) == [slots(12, 13)]


def test_before_it_begins_nothing_is_certain_or_in_doubt() -> None:
    edge = Edge(BTC, Ring(10))
    show(edge, 9, 10, at=10.1)
    assert (edge.certain(99 * MINUTE), edge.doubt(99 * MINUTE, CLOSE)) == ([], [])


@given(st.data())
def test_whatever_the_stream_loses_final_values_are_certain_and_all_else_in_doubt(
    data: st.DataObject,
) -> None:
    """A market whose candle `n` ends at price `n + 1`; messages are lost, connections break, ticks are missed."""
    edge, connection, stored = begun(5), 1, list[Interval]()
    for tenth in range(40, 200):
        if data.draw(st.integers(0, 9)) == 0:
            connection += 1
        number, part = divmod(tenth, 10)
        heard = data.draw(st.sampled_from(["heard", "heard", "heard", "down"]))
        if heard == "down":
            connection += 1  # what is not heard is lost with its connection
        else:
            rows = [number] if part else [number - 1, number]
            closes = {number: number + part / 10 + 0.05, number - 1: float(number)}
            edge.shown([list(candle(each, closes[each])) for each in rows], connection, tenth * MINUTE // 10)
        for page in edge.certain(tenth * MINUTE // 10):
            assert [one.close for one in page.candles] == [one.timestamp / MINUTE + 1 for one in page.candles]
            assert page.coverage.end <= tenth * MINUTE // 10
            stored.append(page.coverage)
            edge.note(page.coverage)
    now = 20 * MINUTE
    assert edge.doubt(now - 1, 0) == subtract(Interval(5 * MINUTE, now - MINUTE), stored)
