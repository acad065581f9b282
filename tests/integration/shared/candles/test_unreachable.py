"""What can't be had is noted once, and no longer once it could be had after all."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from shared.candles import covered, note_unreachable, store_page, unreachable
from shared.candles.coverage import extend
from shared.database import Database
from shared.market import Interval, Series, merge, subtract
from shared.models import series_coverage, series_unreachable

BTC, ETH = Series("kraken", "BTC/USD", "1m"), Series("kraken", "ETH/USD", "1m")
STEP = BTC.step
FEW = "the exchange keeps only the newest 720 candles"


def minutes(start: int, end: int) -> Interval:
    return Interval(start * STEP, end * STEP)


def note(database: Database, interval: Interval, reason: str = FEW, series: Series = BTC) -> None:
    with database.write() as connection:
        known = covered(connection, series)
        note_unreachable(connection, series, interval, reason, known=known, now_us=7)


def noted(database: Database, series: Series = BTC) -> list[Interval]:
    with database.read() as connection:
        return unreachable(connection, series)


def test_as_the_reach_moves_on_one_interval_grows(database: Database) -> None:
    note(database, minutes(0, 100))
    note(database, minutes(100, 110))
    note(database, minutes(20, 120))
    assert noted(database) == [minutes(0, 120)]
    assert noted(database, ETH) == []


def test_what_is_covered_is_not_unreachable(database: Database) -> None:
    with database.write() as connection:
        store_page(connection, BTC, [], minutes(10, 20), now_us=1)
    note(database, minutes(0, 30))
    assert noted(database) == [minutes(0, 10), minutes(20, 30)]


def test_another_reason_is_noted_beside_the_first(database: Database) -> None:
    note(database, minutes(0, 10))
    note(database, minutes(5, 20), "the trades end")
    with database.read() as connection:
        rows = connection.execute(select(series_unreachable.c.start, series_unreachable.c.reason)).all()
    assert [tuple(row) for row in rows] == [(0, FEW), (10 * STEP, "the trades end")]


def test_what_becomes_covered_is_unreachable_no_more_and_the_rest_keeps_its_reason(database: Database) -> None:
    note(database, minutes(0, 100))
    with database.write() as connection:
        store_page(connection, BTC, [], minutes(40, 60), now_us=9)
    assert noted(database) == [minutes(0, 40), minutes(60, 100)]
    with database.read() as connection:
        kept = connection.execute(select(series_unreachable.c.reason, series_unreachable.c.noted_at_us)).all()
    assert [tuple(row) for row in kept] == [(FEW, 7)] * 2


SPANS = st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda span: minutes(span[0], span[0] + span[1]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), SPANS), max_size=12))
def test_the_two_books_never_overlap_and_together_hold_all_that_was_told(
    database: Database, told: list[tuple[bool, Interval]]
) -> None:
    with database.write() as connection:
        for table in (series_coverage, series_unreachable):
            connection.execute(delete(table))
        for is_covered, span in told:
            if is_covered:
                extend(connection, BTC, span, 0)
            else:
                note_unreachable(connection, BTC, span, FEW, known=covered(connection, BTC), now_us=7)
        have, lack = covered(connection, BTC), unreachable(connection, BTC)
    assert have == merge(span for is_covered, span in told if is_covered)
    assert lack == merge(lack)
    assert merge([*have, *lack]) == merge(span for _, span in told)
    assert all(subtract(span, have) == [span] for span in lack)
