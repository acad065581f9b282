"""Which answers can be used: asked of an exchange that says what a test has it say."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfiller.ask import Reply, ask, beyond, confirmed
from backfiller.reach import first_in, lost
from backfiller.source import Source
from shared.errors import RetryError
from shared.exchange import Client
from shared.market import Interval, Series, timeframe_ms

MINUTE = 60_000
BTC = Series("there", "BTC/USDT", "1m")
NOW = 10_000 * MINUTE
WINDOW = Interval(1_000 * MINUTE, 1_005 * MINUTE)
TWENTY = Interval(1_000 * MINUTE, 1_020 * MINUTE)


class Scripted(Client):
    """Answers with the next of its rows, whatever it is asked."""

    def __init__(self, name: str, *answers: list[Any]) -> None:
        super().__init__(name, SimpleNamespace(id=name, timeframes={"1m": "1m", "1h": "1h", "1d": "1d"}))
        self.answers, self.asked = list(answers), list[tuple[Any, ...]]()

    def now(self) -> int:
        return NOW

    async def ask(self, what: str, method: str, *arguments: Any) -> Any:
        self.asked.append(arguments)
        return self.answers.pop(0)


class Windows(Scripted):
    """Trades in every minute since it was listed, and answers with the candles of the window that was asked for."""

    def __init__(self, listed: int) -> None:
        super().__init__("coinbase")
        self.listed = listed * MINUTE

    async def ask(self, what: str, method: str, *arguments: Any) -> Any:
        self.asked.append(arguments)
        _, timeframe, since, _, extra = arguments
        step = timeframe_ms(timeframe)
        first = max(-(-since // step) * step, self.listed // step * step)
        return [[time, 1.0, 2.0, 0.5, 1.5, 3.0] for time in range(first, min(extra["until"] + 1, NOW), step)]


def source(client: Client) -> Source:
    rest = SimpleNamespace()
    unused = cast("Any", rest)
    return Source(client, unused, unused, 5, 0, 1, 0.0, None, asyncio.Semaphore(1), {}, outbox=unused)


def row(minute: int) -> list[float]:
    return [minute * MINUTE, 1.0, 2.0, 0.5, 1.5, 3.0]


def test_a_window_is_asked_for_from_its_first_to_its_last_instant() -> None:
    client = Scripted("there", [row(1_000), row(1_001)])
    reply = asyncio.run(ask(source(client), BTC, WINDOW))
    assert client.asked == [("BTC/USDT", "1m", WINDOW.start, 5, {"until": WINDOW.end - 1})]
    assert [candle.timestamp for candle in reply.candles] == [1_000 * MINUTE, 1_001 * MINUTE]
    assert (reply.later, reply.refused, reply.doubtful) == (None, 0, [])


def left_out(client: Client, first: int, window: Interval = WINDOW) -> Interval:
    """What `lost` makes of an answer that begins with the candle of minute `first`."""
    return asyncio.run(lost(source(client), BTC, window, first * MINUTE))


def test_an_exchange_that_shows_an_older_candle_has_left_nothing_out() -> None:
    assert not left_out(Scripted("there", [row(999), row(9_000)]), 9_000)


def test_an_exchange_that_shows_only_longer_candles_of_that_time_does_not_go_back_so_far() -> None:
    client = Scripted("there", [row(9_000)], [[5 * 86_400_000, 1.0, 2.0, 0.5, 1.5, 3.0]])
    assert left_out(client, 9_000) == Interval(WINDOW.start, 9_000 * MINUTE)
    assert [asked[1] for asked in client.asked] == ["1m", "1d"]


def test_a_market_without_longer_candles_before_its_first_one_is_no_older() -> None:
    assert not left_out(Scripted("there", [row(9_000)], [], []), 9_000)


def test_of_kraken_nothing_is_asked_to_know_what_it_no_longer_keeps() -> None:
    assert left_out(Scripted("kraken"), 9_281) == Interval(WINDOW.start, 9_281 * MINUTE)
    assert not left_out(Scripted("kraken"), 9_999, Interval(9_995 * MINUTE, 9_998 * MINUTE))


def test_a_first_candle_far_from_krakens_reach_is_counted_from() -> None:
    assert not left_out(Scripted("kraken", [row(9_998), row(9_999)]), 9_998)
    full = [row(minute) for minute in range(9_000, 9_720)]
    assert left_out(Scripted("kraken", full), 9_000) == Interval(WINDOW.start, 9_000 * MINUTE)


def test_an_exchange_that_answers_windows_is_searched_from_long_candles_to_short_ones() -> None:
    client = Windows(listed=4_321)
    found = asyncio.run(first_in(source(client), BTC, Interval(0, NOW)))
    assert found == 4_321 * MINUTE
    assert len(client.asked) < 20


@given(st.integers(0, 9_999), st.integers(0, 9_999), st.integers(1, 50))
def test_the_first_candle_is_found_wherever_it_is(listed: int, start: int, page: int) -> None:
    there = source(Windows(listed))
    there.page = page
    assert asyncio.run(first_in(there, BTC, Interval(start * MINUTE, NOW))) == max(listed, start) * MINUTE


def test_a_row_that_does_not_say_which_candle_it_is_leaves_all_in_doubt_that_did_not_come() -> None:
    first = WINDOW.start // MINUTE
    reply = asyncio.run(ask(source(Scripted("there", [row(first), row(first + 2), ["<html>"]])), BTC, WINDOW))
    assert [candle.timestamp // MINUTE for candle in reply.candles] == [first, first + 2]
    assert reply.doubtful == [
        Interval((first + 1) * MINUTE, (first + 2) * MINUTE),
        Interval((first + 3) * MINUTE, WINDOW.end),
    ]


def test_an_impossible_candle_is_in_doubt_and_the_others_are_taken() -> None:
    impossible = [1_001 * MINUTE, 1.0, 0.5, 2.0, 1.5, 3.0]
    reply = asyncio.run(ask(source(Scripted("there", [row(1_000), impossible, row(1_002)])), BTC, WINDOW))
    assert len(reply.candles) == 2
    assert (reply.refused, reply.doubtful) == (1, [Interval(1_001 * MINUTE, 1_002 * MINUTE)])


def empty() -> Any:
    return asyncio.run(ask(source(Scripted("there", [])), BTC, WINDOW))


def test_behind_an_outage_the_next_candle_is_found_in_one_request() -> None:
    client = Scripted("there", [row(7_000)])
    assert asyncio.run(beyond(source(client), BTC, empty())) == 7_000 * MINUTE
    assert client.asked == [("BTC/USDT", "1m", WINDOW.start, 1, {})]


def test_that_nothing_follows_is_believed_of_an_exchange_that_shows_its_last_candle() -> None:
    assert asyncio.run(beyond(source(Scripted("there", [], [row(900)])), BTC, empty())) is None


@pytest.mark.parametrize("newest", [[], [row(5_000)]])
def test_that_nothing_follows_is_not_believed_of_an_exchange_that_contradicts_itself(newest: list[Any]) -> None:
    with pytest.raises(RetryError, match="gave nothing for"):
        asyncio.run(beyond(source(Scripted("there", [], newest)), BTC, empty()))


def test_a_window_that_came_empty_by_mistake_is_asked_for_again() -> None:
    with pytest.raises(RetryError, match="has candles there"):
        asyncio.run(beyond(source(Scripted("there", [row(1_003)])), BTC, empty()))
    listed = Windows(listed=1_003)
    with pytest.raises(RetryError, match="has candles there"):
        asyncio.run(beyond(source(listed), BTC, empty()))


@pytest.mark.parametrize("strange", [["x"], [[7_000 * MINUTE + 1]], [row(999)]])
def test_a_next_candle_that_can_not_be_one_is_asked_for_again(strange: list[Any]) -> None:
    with pytest.raises(RetryError):
        asyncio.run(beyond(source(Scripted("there", strange)), BTC, empty()))


def answered(client: Client, page: int = 20, window: Interval = TWENTY) -> Reply:
    """The reply for a window, once it is believed."""
    there = source(client)
    there.page = page

    async def believed() -> Reply:
        return await confirmed(there, BTC, await ask(there, BTC, window))

    return asyncio.run(believed())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between attempts are short."""
    monkeypatch.setattr("backfiller.insist._FIRST_SECONDS", 0.0)


def rows(first: int, last: int) -> list[list[float]]:
    return [row(minute) for minute in range(first, last)]


def test_a_page_that_begins_late_by_mistake_is_asked_for_again() -> None:
    client = Scripted("there", rows(1_019, 1_020), rows(1_000, 1_020))
    assert len(answered(client).candles) == 20


def test_a_silence_that_two_answers_show_is_believed_at_the_cost_of_one_request() -> None:
    client = Scripted("there", rows(1_010, 1_020), rows(1_010, 1_020))
    assert len(answered(client).candles) == 10
    assert len(client.asked) == 2


def test_a_short_silence_costs_nothing() -> None:
    assert len(answered(Scripted("there", rows(1_002, 1_020))).candles) == 18


def test_a_window_that_came_empty_for_a_while_is_asked_for_until_it_does_not() -> None:
    client = Scripted("there", [], [], [], [], rows(1_000, 1_001), rows(1_000, 1_020))
    assert len(answered(client).candles) == 20


class Dumb(Windows):
    """Has nothing to say to the first questions."""

    def __init__(self, silent: int) -> None:
        super().__init__(listed=0)
        self.silent = silent

    async def ask(self, what: str, method: str, *arguments: Any) -> Any:
        answer = await super().ask(what, method, *arguments)
        return [] if len(self.asked) <= self.silent else answer


@pytest.mark.parametrize("silent", range(1, 40))
def test_an_exchange_of_windows_that_has_nothing_to_say_for_a_while_is_not_believed(silent: int) -> None:
    assert len(answered(Dumb(silent)).candles) == 20


@given(
    listed=st.integers(800, 1_599),
    mistakes=st.lists(st.sampled_from(["late", "empty", "newest"]) | st.none(), max_size=6),
    name=st.sampled_from(["there", "kraken"]),
)
def test_no_candle_is_called_absent_that_one_of_two_answers_shows(
    listed: int, mistakes: list[str | None], name: str
) -> None:
    """An exchange some of whose answers are wrong, though never two in a row."""
    queue = [mistake for each in mistakes for mistake in (each, None)]

    class Mistaken(Scripted):
        async def ask(self, what: str, method: str, *arguments: Any) -> Any:
            _, _, since, *_ = arguments
            first = max(listed, 880, 0 if since is None else -(-since // MINUTE))
            whole = rows(first, 1_601)
            mistake = queue.pop(0) if queue else None
            return {"late": whole[len(whole) // 2 :], "empty": [], "newest": whole[-1:]}.get(mistake or "", whole)

    window = Interval(900 * MINUTE, 1_500 * MINUTE)
    reply = answered(Mistaken(name), 720, window)
    shown = {candle.timestamp // MINUTE for candle in reply.candles}
    assert len(set(range(max(listed, 900), 1_500)) - shown) <= 72


@pytest.mark.parametrize(("seconds_old", "questions"), [(59, 0), (60, 2)])
def test_that_a_candle_is_missing_is_looked_into_only_once_it_should_be_there(seconds_old: int, questions: int) -> None:
    client = Scripted("there", [], [row(1)])
    there = source(client)
    there.settle_ms = MINUTE
    window = Interval(NOW - MINUTE, NOW)
    empty = Reply(window, [], None, 0, [], NOW + seconds_old * 1_000)
    assert asyncio.run(confirmed(there, BTC, empty)).candles == []
    assert len(client.asked) == questions
