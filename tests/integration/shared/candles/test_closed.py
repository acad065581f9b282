"""Candles of many series that close together go in together, and the books are as after one page at a time."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from shared.candles import store_closed, store_page
from shared.database import Database
from shared.market import Candle, Closed, Interval, Series
from shared.models import metadata, ohlcv_data, series_coverage, series_status

STEP = 60_000
ALL = [Series("binance", symbol, "1m") for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT")]


def page(series: Series, first: int, count: int = 1, *, empty: bool = False) -> Closed:
    candles = [Candle(number * STEP, 1.0, 2.0, 0.5, 1.5, float(number)) for number in range(first, first + count)]
    return Closed(series, Interval(first * STEP, (first + count) * STEP), [] if empty else candles)


def everything(database: Database) -> list[list[tuple[object, ...]]]:
    with database.read() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in (ohlcv_data, series_coverage, series_status)
        ]


def forget(database: Database) -> None:
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))


def test_a_candle_more_lengthens_what_is_covered(database: Database) -> None:
    for first in (1, 2, 3):
        with database.write() as connection:
            assert store_closed(connection, [page(series, first) for series in ALL], now_us=first) == 3
    _, coverage, status = everything(database)
    assert [row[3:] for row in coverage] == [(STEP, 4 * STEP, 3)] * 3
    assert [row[3] for row in status] == [3 * STEP] * 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.lists(st.builds(page, st.sampled_from(ALL), st.integers(0, 8), st.integers(1, 3), empty=st.booleans())),
        max_size=5,
    )
)
def test_it_is_the_same_as_page_after_page(database: Database, batches: list[list[Closed]]) -> None:
    forget(database)
    for batch in filter(None, batches):
        with database.write() as connection:
            store_closed(connection, batch, now_us=1)
    together = everything(database)
    forget(database)
    for batch in filter(None, batches):
        with database.write() as connection:
            for one in batch:
                store_page(connection, one.series, one.candles, one.coverage, now_us=1)
    assert everything(database) == together
