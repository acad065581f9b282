"""A published file, read: whatever is in it, rows come out or it is called damaged."""

import io
import zipfile
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfiller.bulk_file import DamagedError, chunks
from shared.market import Interval, Series, accept

DAY = Interval(1_704_067_200_000, 1_704_067_200_000 + 86_400_000)
BTC = Series("binance", "BTC/USDT", "1m")
LINE = "1704067200000,1.0,2.0,0.5,1.5,10.0,1704067259999,15.0,3,5.0,7.5,0"
CANDLE = (1_704_067_200_000, 1.0, 2.0, 0.5, 1.5, 10.0)


def zipped(*lines: str) -> io.BytesIO:
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BTCUSDT-1m-2024-01-01.csv", "\n".join(lines))
    return place


def read(place: IO[bytes]) -> list[object]:
    return [row for rows in chunks(place) for row in rows]


def test_of_twelve_columns_six_make_a_candle() -> None:
    assert read(zipped(LINE)) == [CANDLE]


def test_microseconds_are_told_from_milliseconds() -> None:
    line = LINE.replace("1704067200000", "1704067200000000").replace("1704067259999", "1704067259999999")
    assert read(zipped(line)) == [CANDLE]


def test_a_header_is_no_row() -> None:
    assert read(zipped("open_time,open,high,low,close,volume", LINE)) == [CANDLE]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1704067200", "time in seconds"),
        ("1704067201000", "time off the grid"),
        ("1704067200000500", "not a row of six numbers"),
        ("yesterday", "not a row of six numbers"),
        ("99999999999999999999999999", "not a row of six numbers"),
    ],
)
def test_a_row_of_another_time_is_refused_and_the_next_one_is_not(line: str, reason: str) -> None:
    rows = read(zipped(LINE.replace("1704067200000", line), LINE))
    page = accept(rows, BTC, DAY, DAY.end)
    assert [tuple(candle) for candle in page.candles] == [CANDLE]
    assert [refusal.reason for refusal in page.refused] == [reason]


@pytest.mark.parametrize("line", ["1704067200000", "1704067200000,1,2,x,1.5,10", "1704067200000,1,nan,0.5,1,10"])
def test_a_malformed_row_is_refused_and_the_next_one_is_not(line: str) -> None:
    page = accept(read(zipped(line, LINE)), BTC, DAY, DAY.end)
    assert [tuple(candle) for candle in page.candles] == [CANDLE]
    assert len(page.refused) == 1


CELLS = st.sampled_from(["1", "2.5", "1704067200000", "1704067200000000", "1704067200000500", "x", "nan", ""])
LINES = st.one_of(st.just(LINE.split(",")), st.just(LINE.split(",")), st.lists(CELLS, max_size=8))


@given(st.lists(LINES, min_size=1, max_size=6))
def test_lines_are_read_together_as_each_would_be_alone(lines: list[list[str]]) -> None:
    texts = [",".join(["1704067200000", *line[1:]]) for line in lines]
    assert repr(read(zipped(*texts))) == repr([row for text in texts for row in read(zipped(text))])


@given(st.lists(LINES.filter(lambda line: line[:1] not in ([], [""])), min_size=1, max_size=6))
def test_times_of_any_unit_are_read_together_as_each_would_be_alone(lines: list[list[str]]) -> None:
    texts = [",".join(line) for line in lines]
    assert repr(read(zipped(*texts))) == repr([row for text in texts for row in read(zipped(text))])


def test_no_more_than_a_page_is_held_at_a_time() -> None:
    sizes = [len(rows) for rows in chunks(zipped(*[LINE] * 2_500))]
    assert (sum(sizes), max(sizes)) == (2_500, 1_000)


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x05\x06" + bytes(18), zipped(LINE).getvalue()[:-30]])
def test_what_is_no_zip_of_a_csv_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedError):
        read(io.BytesIO(content))


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_bytes_that_were_changed_make_it_damaged_at_worst(at: int, other: bytes) -> None:
    content = bytearray(zipped(*[LINE] * 50).getvalue())
    start = at % len(content)
    content[start : start + len(other)] = other
    try:
        rows = read(io.BytesIO(bytes(content)))
    except DamagedError:
        return
    assert all(DAY.start <= candle.timestamp < DAY.end for candle in accept(rows, BTC, DAY, DAY.end).candles)


@given(st.text(max_size=200))
def test_whatever_text_a_file_holds_nothing_but_candles_is_accepted(text: str) -> None:
    try:
        rows = read(zipped(text, LINE))
    except DamagedError:
        return
    page = accept(rows, BTC, DAY, DAY.end)
    assert all(candle.low <= candle.open <= candle.high for candle in page.candles)
