"""Which answers can be used: asked of an exchange that says what a test has it say."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from backfiller.ask import ask, beyond
from backfiller.source import Source
from shared.errors import RepairError, RetryError
from shared.exchange import Client
from shared.market import Interval, Series

MINUTE = 60_000
BTC = Series("there", "BTC/USDT", "1m")
NOW = 10_000 * MINUTE
WINDOW = Interval(1_000 * MINUTE, 1_005 * MINUTE)


class Scripted(Client):
    """Answers with the next of its rows, whatever it is asked."""

    def __init__(self, name: str, *answers: list[Any]) -> None:
        super().__init__(name, SimpleNamespace(id=name))
        self.answers, self.asked = list(answers), list[tuple[Any, ...]]()

    def now(self) -> int:
        return NOW

    async def ask(self, what: str, method: str, *arguments: Any) -> Any:
        self.asked.append(arguments)
        return self.answers.pop(0)


def source(client: Client) -> Source:
    rest = SimpleNamespace()
    return Source(client, cast("Any", rest), cast("Any", rest), 5, 0, 1, 0.0, None, asyncio.Semaphore(1), {})


def row(minute: int) -> list[float]:
    return [minute * MINUTE, 1.0, 2.0, 0.5, 1.5, 3.0]


def test_a_window_is_asked_for_from_its_first_to_its_last_instant() -> None:
    client = Scripted("there", [row(1_000), row(1_001)])
    reply = asyncio.run(ask(source(client), BTC, WINDOW))
    assert client.asked == [("BTC/USDT", "1m", WINDOW.start, 5, {"until": WINDOW.end - 1})]
    assert [candle.timestamp for candle in reply.candles] == [1_000 * MINUTE, 1_001 * MINUTE]
    assert (reply.later, reply.refused, reply.doubtful) == (None, 0, [])


def test_candles_of_another_time_are_never_taken_for_an_empty_window() -> None:
    with pytest.raises(RepairError, match="does not go back so far and does not say so; set a later start"):
        asyncio.run(ask(source(Scripted("there", [row(9_000), row(9_001)])), BTC, WINDOW))


def test_kraken_sends_later_candles_as_a_matter_of_course_within_its_reach() -> None:
    client = Scripted("kraken", [row(9_999)])
    within = Interval(9_995 * MINUTE, 9_998 * MINUTE)
    assert asyncio.run(ask(source(client), BTC, within)).later == 9_999 * MINUTE
    with pytest.raises(RepairError):
        asyncio.run(ask(source(Scripted("kraken", [row(9_999)])), BTC, WINDOW))


def test_rows_that_do_not_say_which_candle_they_are_spoil_the_answer() -> None:
    with pytest.raises(RetryError, match="1 of 2 rows are no candles"):
        asyncio.run(ask(source(Scripted("there", [row(1_000), ["<html>"]])), BTC, WINDOW))


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
    assert client.asked == [("BTC/USDT", "1m", WINDOW.end, 1, {})]


def test_that_nothing_follows_is_believed_of_an_exchange_that_shows_its_last_candle() -> None:
    assert asyncio.run(beyond(source(Scripted("there", [], [row(900)])), BTC, empty())) is None


@pytest.mark.parametrize("newest", [[], [row(5_000)]])
def test_that_nothing_follows_is_not_believed_of_an_exchange_that_contradicts_itself(newest: list[Any]) -> None:
    with pytest.raises(RetryError, match="says there is nothing after"):
        asyncio.run(beyond(source(Scripted("there", [], newest)), BTC, empty()))


@pytest.mark.parametrize("strange", [["x"], [[7_000 * MINUTE + 1]], [row(999)]])
def test_a_next_candle_that_can_not_be_one_is_asked_for_again(strange: list[Any]) -> None:
    with pytest.raises(RetryError):
        asyncio.run(beyond(source(Scripted("there", strange)), BTC, empty()))
