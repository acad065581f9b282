import pytest

from simulator.binance.files import span
from simulator.market.timeframe import DAY_MS

JANUARY_2024 = 1_704_067_200_000


def test_a_month_ends_where_the_next_begins() -> None:
    assert span("monthly", "2024-01") == (JANUARY_2024, JANUARY_2024 + 31 * DAY_MS)
    assert span("monthly", "2024-02") == (JANUARY_2024 + 31 * DAY_MS, JANUARY_2024 + 60 * DAY_MS)


def test_a_day_is_a_day() -> None:
    assert span("daily", "2024-01-15") == (JANUARY_2024 + 14 * DAY_MS, JANUARY_2024 + 15 * DAY_MS)


@pytest.mark.parametrize(("period", "date"), [("monthly", "2024-13"), ("daily", "2024-02-30"), ("daily", "2024-02")])
def test_what_is_no_date_is_refused(period: str, date: str) -> None:
    with pytest.raises(ValueError, match=r"match|remains|out of range"):
        span(period, date)
