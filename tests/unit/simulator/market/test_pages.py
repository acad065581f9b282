import json
from typing import Any

import pytest

from simulator.market.market import Market
from simulator.market.pages import Pages, Window
from simulator.market.revisions import PROMPT, Publication, Revision, Revisions
from simulator.market.timeframe import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TIMEFRAMES

Rows = list[list[Any]]


def ask(
    market: Market,
    now_ms: int,
    *,
    start: int | None = None,
    end: int | None = None,
    limit: int = 500,
    timeframe: str = "1m",
    publication: Publication = PROMPT,
    pages: Pages | None = None,
) -> Rows:
    page = (pages or Pages(Revisions())).page(
        market, TIMEFRAMES[timeframe], Window(start, end, limit), now_ms, publication
    )
    rows: Rows = json.loads(page)
    return rows


def opens(rows: Rows) -> list[int]:
    return [row[0] for row in rows]


def test_without_bounds_the_newest_candles_come_with_the_forming_one_last(market: Market, midnight_ms: int) -> None:
    rows = ask(market, midnight_ms + 30_000, limit=3)
    assert opens(rows) == [midnight_ms - 2 * MINUTE_MS, midnight_ms - MINUTE_MS, midnight_ms]


def test_a_start_without_an_end_gives_the_first_candles_at_or_after_it(market: Market, midnight_ms: int) -> None:
    rows = ask(market, midnight_ms, start=midnight_ms - DAY_MS + 1, limit=2)
    assert opens(rows) == [midnight_ms - DAY_MS + MINUTE_MS, midnight_ms - DAY_MS + 2 * MINUTE_MS]


def test_an_end_without_a_start_gives_the_last_candles_up_to_it(market: Market, midnight_ms: int) -> None:
    rows = ask(market, midnight_ms, end=midnight_ms - DAY_MS, limit=2)
    assert opens(rows) == [midnight_ms - DAY_MS - MINUTE_MS, midnight_ms - DAY_MS]


def test_both_bounds_are_inclusive_on_the_open_time(market: Market, midnight_ms: int) -> None:
    rows = ask(market, midnight_ms, start=midnight_ms - HOUR_MS, end=midnight_ms - HOUR_MS + MINUTE_MS)
    assert opens(rows) == [midnight_ms - HOUR_MS, midnight_ms - HOUR_MS + MINUTE_MS]


def test_bounds_with_nothing_between_give_an_empty_page(market: Market, midnight_ms: int) -> None:
    market.outage(midnight_ms - 4 * HOUR_MS, midnight_ms - 2 * HOUR_MS)
    assert ask(market, midnight_ms, start=midnight_ms - 3 * HOUR_MS, end=midnight_ms - 2 * HOUR_MS - 1) == []
    assert ask(market, midnight_ms, start=midnight_ms + DAY_MS) == []
    assert ask(market, midnight_ms, start=midnight_ms, end=midnight_ms - 1) == []


def test_a_start_inside_an_outage_jumps_to_its_end(market: Market, midnight_ms: int) -> None:
    market.outage(midnight_ms - 5 * DAY_MS, midnight_ms - 2 * DAY_MS)
    assert opens(ask(market, midnight_ms, start=midnight_ms - 4 * DAY_MS, limit=1)) == [midnight_ms - 2 * DAY_MS]


def test_pages_walked_one_after_the_other_are_the_whole_series(market: Market, midnight_ms: int) -> None:
    pages, rows = Pages(Revisions()), []
    start, now_ms = midnight_ms - 3 * DAY_MS, midnight_ms + 500
    while page := ask(market, now_ms, start=start, limit=777, pages=pages):
        rows += page
        start = page[-1][0] + 1
    assert opens(rows) == list(range(midnight_ms - 3 * DAY_MS, midnight_ms + 1, MINUTE_MS))


def test_rows_kept_from_before_are_the_same_as_rows_made_anew(market: Market, midnight_ms: int) -> None:
    kept = Pages(Revisions())
    for now_ms in range(midnight_ms, midnight_ms + 10_000, 1_700):
        used = ask(market, now_ms, timeframe="1s", limit=1000, pages=kept)
        assert used == ask(market, now_ms, timeframe="1s", limit=1000)


def test_a_row_has_the_market_s_digits_and_closes_a_millisecond_before_the_next(
    market: Market, midnight_ms: int
) -> None:
    [row] = ask(market, midnight_ms, start=midnight_ms - MINUTE_MS, limit=1)
    assert len(row) == 12
    assert all(len(price.partition(".")[2]) == 2 for price in row[1:5])
    assert len(row[5].partition(".")[2]) == 5
    assert row[6] == midnight_ms - 1


@pytest.mark.parametrize(("after_close_ms", "there"), [(0, False), (1_499, False), (1_500, True)])
def test_a_late_candle_appears_so_long_after_its_close(
    market: Market,
    midnight_ms: int,
    after_close_ms: int,
    there: bool,
) -> None:
    rows = ask(market, midnight_ms + after_close_ms, publication=Publication(late_ms=1_500))
    assert (midnight_ms - MINUTE_MS in opens(rows)) is there
    assert (midnight_ms in opens(rows)) is there


def test_a_provisional_candle_is_revised_to_what_it_finally_is(market: Market, midnight_ms: int) -> None:
    drawn = Publication(settle_ms=5_000, share=1.0)
    final = ask(market, midnight_ms, start=midnight_ms - MINUTE_MS, limit=1)
    early = ask(market, midnight_ms + 4_999, start=midnight_ms - MINUTE_MS, limit=1, publication=drawn)
    later = ask(market, midnight_ms + 5_000, start=midnight_ms - MINUTE_MS, limit=1, publication=drawn)
    assert early[0][4] == early[0][1]
    assert early != final
    assert later == final


def test_a_candle_revised_by_hand_changes_in_pages_and_in_truth(market: Market, midnight_ms: int) -> None:
    revisions = Revisions()
    pages, open_ms = Pages(revisions), midnight_ms - 5 * MINUTE_MS
    [before] = ask(market, midnight_ms, start=open_ms, limit=1, pages=pages)
    revisions.add("BTCUSDT", MINUTE_MS, open_ms, Revision(close=1.5))
    pages.forget("BTCUSDT")
    [after] = ask(market, midnight_ms, start=open_ms, limit=1, pages=pages)
    [truth] = zip(*pages.truth(market, MINUTE_MS, open_ms, open_ms + MINUTE_MS).columns(), strict=True)
    assert float(after[4]) == pytest.approx(1.5 * float(before[4]), abs=0.01)
    assert after[2] == after[4]
    assert truth[4] == round(float(after[4]) * 100)


def test_a_warmed_series_answers_the_same(market: Market, midnight_ms: int) -> None:
    warmed = Pages(Revisions())
    warmed.warm(market, 60 * SECOND_MS, midnight_ms)
    assert ask(market, midnight_ms, start=0, limit=1000, pages=warmed) == ask(market, midnight_ms, start=0, limit=1000)
