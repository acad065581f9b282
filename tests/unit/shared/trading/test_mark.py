"""What losses are measured against."""

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as some

from shared.trading import Mark, marked

DAY = 86_400_000_000
MORNING = 20_000 * DAY


def moved(*equities: tuple[int, str]) -> Mark:
    """The mark after equities seen at these times (us)."""
    mark = None
    for at, equity in equities:
        mark = marked(mark, "one", D(equity), D(100), at)
    assert mark is not None
    return mark


def test_the_first_equity_is_the_days_and_the_highest() -> None:
    mark = moved((MORNING + 5, "100"))
    assert mark == Mark("one", MORNING, D(100), D(100), D(100), D(100), MORNING + 5)
    assert mark.daily_loss == mark.drawdown == 0


def test_a_days_loss_is_measured_from_its_first_equity_and_a_drawdown_from_the_highest() -> None:
    mark = moved((MORNING, "100"), (MORNING + 1, "120"), (MORNING + 2, "90"))
    assert mark.daily_loss == D("0.1")
    assert mark.drawdown == D("0.25")


def test_a_new_day_begins_with_its_own_first_equity_and_keeps_the_highest() -> None:
    mark = moved((MORNING, "100"), (MORNING + DAY, "80"), (MORNING + DAY + 1, "76"))
    assert mark.daily_loss == D("0.05")
    assert mark.drawdown == D("0.24")


def test_a_clock_that_steps_back_begins_no_day_anew() -> None:
    mark = moved((MORNING, "100"), (MORNING - 1, "90"), (MORNING + 1, "90"))
    assert mark.daily_loss == D("0.1")


def test_what_was_paid_in_is_no_profit() -> None:
    mark = marked(moved((MORNING, "100"), (MORNING + 1, "90")), "one", D(190), D(200), MORNING + 2)
    assert mark.day_equity == mark.peak_equity == 200
    assert mark.daily_loss == D("0.05")


def test_without_anything_there_is_nothing_to_lose() -> None:
    assert moved((MORNING, "0"), (MORNING + 1, "-5")).drawdown == 0


@given(some.lists(some.tuples(some.integers(0, 3 * DAY), some.decimals(0, 10**9, places=2)), min_size=1))
def test_the_highest_is_never_below_what_was_seen(seen: list[tuple[int, D]]) -> None:
    mark = None
    for at, equity in seen:
        mark = marked(mark, "one", equity, D(0), at)
    assert mark is not None
    assert mark.peak_equity == max(equity for _, equity in seen)
    assert 0 <= mark.drawdown <= 1
