"""Which published files fill a gap."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from backfiller.published import Published, Publisher, published, publisher, runs
from shared.config import ExchangeSettings
from shared.market import Candle, Interval, Series

MINUTES, SECONDS, HOURS = (Series("binance", "BTC/USDT", timeframe) for timeframe in ("1m", "1s", "1h"))
DAY = 86_400_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def gap(start: str, end: str) -> Interval:
    return Interval(ms(start), ms(end))


def names(found: list[Published]) -> list[str]:
    return [file.name.removeprefix("BTCUSDT-").removesuffix(".zip") for file in found]


NOW = ms("2024-06-15T12:00")


def test_whole_months_come_as_one_file_and_the_days_beside_them_as_their_own() -> None:
    found = published(MINUTES, "BTCUSDT", [gap("2024-01-30T10:00", "2024-04-02T05:00")], NOW, 1000)
    assert names(found) == ["1m-2024-01-31", "1m-2024-02", "1m-2024-03", "1m-2024-04-01"]
    assert found[1].path == "data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2024-02.zip"
    assert found[3].path == "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-04-01.zip"
    assert found[1].part == gap("2024-02-01", "2024-03-01")


def test_what_one_request_brings_needs_no_file() -> None:
    assert published(HOURS, "BTCUSDT", [gap("2024-01-01", "2024-03-01")], NOW, 1000) == []
    assert names(published(HOURS, "BTCUSDT", [gap("2024-01-01", "2024-03-01")], NOW, 500)) == [
        "1h-2024-01",
        "1h-2024-02",
    ]


def test_a_month_of_seconds_is_taken_day_by_day() -> None:
    assert len(published(SECONDS, "BTCUSDT", [gap("2024-02-01", "2024-03-01")], NOW, 1000)) == 29


def test_the_files_of_the_last_day_are_not_expected_yet() -> None:
    found = published(MINUTES, "BTCUSDT", [gap("2024-06-12", "2024-06-15")], NOW, 1000)
    assert names(found) == ["1m-2024-06-12", "1m-2024-06-13"]


@given(st.integers(0, 400 * DAY), st.integers(1, 200 * DAY), st.integers(1, 2_000))
def test_files_lie_in_the_gap_do_not_overlap_and_leave_less_than_a_day_at_its_ends(
    start: int, length: int, page: int
) -> None:
    whole = Interval(ms("2020-01-01") + start, ms("2020-01-01") + start + length)
    found = [file.part for file in published(MINUTES, "BTCUSDT", [whole], NOW, page)]
    assert all(whole.start <= part.start < part.end <= whole.end for part in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    if page < 1440:
        filled = sum(part.end - part.start for part in found)
        assert length - filled < 2 * DAY


BULK = HttpUrl("http://127.0.0.1:1/files/")


@pytest.mark.parametrize(
    ("exchange", "settings", "found"),
    [
        ("binance", ExchangeSettings(), "https://data.binance.vision"),
        ("binance", ExchangeSettings(bulk=False), None),
        ("binance", ExchangeSettings(url=HttpUrl("http://127.0.0.1:1")), None),
        ("binance", ExchangeSettings(url=HttpUrl("http://127.0.0.1:1"), bulk_url=BULK), "http://127.0.0.1:1/files"),
        ("binance", ExchangeSettings(bulk=False, bulk_url=BULK), None),
        ("kraken", ExchangeSettings(bulk_url=BULK), None),
    ],
)
def test_files_are_used_where_they_are_published_and_nobody_forbids_it(
    exchange: str, settings: ExchangeSettings, found: str | None
) -> None:
    there = publisher(exchange, settings)
    assert (there and there.url) == found


def test_a_file_that_is_no_use_is_left_to_rest_for_an_hour() -> None:
    publisher = Publisher("http://127.0.0.1:1")
    publisher.leave("a.zip", now=10.0)
    assert not publisher.offers("a.zip", now=3_609.0)
    assert publisher.offers("b.zip", now=3_609.0)
    assert publisher.offers("a.zip", now=3_610.0)
    publisher.leave(Publisher.ALL, now=4_000.0)
    assert not publisher.offers("b.zip", now=4_001.0)


def test_a_month_that_is_not_out_yet_is_taken_day_by_day() -> None:
    month = gap("2024-05-01", "2024-06-01")
    assert names(published(MINUTES, "BTCUSDT", [month], ms("2024-06-09"), 1000)) == ["1m-2024-05"]
    assert len(published(MINUTES, "BTCUSDT", [month], ms("2024-06-08"), 1000)) == 31


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_a_file_makes_known_its_own_candles_less_those_in_doubt(held: set[int], doubted: set[int]) -> None:
    candles = [Candle(minute * MINUTES.step, 1.0, 1.0, 1.0, 1.0, 1.0) for minute in sorted(held)]
    slots = [Interval(minute * MINUTES.step, (minute + 1) * MINUTES.step) for minute in doubted]
    known = runs(candles, slots, MINUTES.step)
    assert {t // MINUTES.step for part in known for t in range(*part, MINUTES.step)} == held - doubted
    assert all(one.end < other.start for one, other in pairwise(known))
