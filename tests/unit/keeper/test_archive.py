"""When a month is old."""

import pytest

from keeper.archive import months_before
from shared.archive import Month


@pytest.mark.parametrize(
    ("now", "count", "first"),
    [(Month(2024, 3), 1, Month(2024, 2)), (Month(2024, 1), 1, Month(2023, 12)), (Month(2024, 5), 17, Month(2022, 12))],
)
def test_a_month_is_so_old_when_so_many_whole_ones_have_begun_since(now: Month, count: int, first: Month) -> None:
    assert months_before(now.start, count) == first.start
    assert months_before(now.end - 1, count) == first.start
