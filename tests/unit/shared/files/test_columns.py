"""Times and numbers as files hold them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.files.columns import number, read_times

MS = 1_700_000_040_000


@pytest.mark.parametrize(
    ("sample", "unit"),
    [
        (1_700_000_040, "s"),
        ("1700000040", "s"),
        ("1700000040.0", "s"),
        (1_700_000_040.0, "s"),
        (MS, "ms"),
        ("1.70000004e12", "ms"),
        (1_700_000_040_000_000, "us"),
        ("1700000040000000000", "ns"),
        ("2023-11-14 22:14:00", "iso"),
        ("2023-11-14T22:14:00Z", "iso"),
        ("2023-11-14T23:14:00+01:00", "iso"),
        (datetime(2023, 11, 14, 22, 14, tzinfo=UTC), "iso"),
    ],
)
def test_a_time_tells_how_it_is_written_and_reads_as_ms(sample: object, unit: str) -> None:
    found, read = read_times(sample)
    assert found == unit
    assert read(sample) == MS


@pytest.mark.parametrize("sample", ["", "hello", None, 0, -1, 12345, 10**20, float("nan"), "1_700_000_040", [], True])
def test_what_is_no_time_of_any_unit_is_not_guessed(sample: object) -> None:
    with pytest.raises(ValueError, match="time"):
        read_times(sample)


@pytest.mark.parametrize("other", [MS // 1000, MS * 1000, "2023-11-14", "x", None, MS + 0.5, 2**80, "9" * 5000])
def test_a_time_unlike_the_first_reads_as_none(other: object) -> None:
    _, read = read_times(MS)
    assert read(other) is None


def test_a_time_between_two_milliseconds_is_none() -> None:
    _, read = read_times(MS * 1000)
    assert (read(MS * 1000 + 1), read(MS * 1000 + 1000)) == (None, MS + 1)
    _, read = read_times("2023-11-14T22:14:00Z")
    assert read("2023-11-14T22:14:00.000001Z") is None


@given(st.datetimes(datetime(1975, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_all_units_of_one_second_read_alike(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    seconds = int(moment.timestamp())
    elsewhere = moment.astimezone(timezone(timedelta(hours=-7)))
    for sample in (seconds, seconds * 10**3, seconds * 10**6, seconds * 10**9, str(moment), elsewhere.isoformat()):
        _, read = read_times(sample)
        assert read(sample) == seconds * 1000


@given(st.floats())
def test_a_number_in_text_is_the_same_double(value: float) -> None:
    assert repr(number(repr(value))) == repr(value)


@given(st.integers(-(2**53), 2**53), st.integers(0, 12))
def test_a_decimal_is_the_double_nearest_to_it(digits: int, places: int) -> None:
    found = number(Decimal(digits).scaleb(-places))
    assert type(found) is float
    assert found == digits / 10**places


@pytest.mark.parametrize("cell", ["", "x", "1_0", "1,5", None, b"1"])
def test_what_is_no_number_stays_what_it_is(cell: object) -> None:
    assert number(cell) is cell
