"""Refused rows are counted by reason and kept as they came, but not without end."""

from sqlalchemy import func, select

from shared.candles import put_away
from shared.candles.ledger import refusals
from shared.database import Database
from shared.market import Refusal, Series
from shared.models import quarantine

BTC, ETH = Series("binance", "BTC/USDT", "1m"), Series("binance", "ETH/USDT", "1m")


def away(database: Database, *refused: Refusal, series: Series = BTC, now_us: int = 1) -> None:
    with database.write() as connection:
        put_away(connection, series, refused, "rest", now_us)


def kept(database: Database) -> list[tuple[object, ...]]:
    columns = [quarantine.c[name] for name in ("reason", "row", "source", "times", "first_seen_us", "last_seen_us")]
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(*columns))]


def test_a_row_is_kept_as_it_came(database: Database) -> None:
    away(database, Refusal([60_000, 1.0, None], "not a row of six numbers"))
    assert kept(database) == [("not a row of six numbers", "[60000, 1.0, None]", "rest", 1, 1, 1)]


def test_the_same_row_again_is_counted(database: Database) -> None:
    row = Refusal([1, 2], "not a row of six numbers")
    away(database, row, row)
    away(database, row, now_us=5)
    assert kept(database) == [("not a row of six numbers", "[1, 2]", "rest", 3, 1, 5)]


def test_a_long_row_is_cut_and_what_no_database_takes_is_left_out(database: Database) -> None:
    away(database, Refusal("<html>\0" + "x" * 10_000, "not JSON"))
    ((_, row, *_),) = kept(database)
    assert row == "<html>" + "x" * 494


def test_of_a_thousand_and_more_rows_the_later_ones_are_only_counted(database: Database) -> None:
    away(database, *(Refusal([time], "time off the grid") for time in range(1_200)))
    away(database, *(Refusal([time], "time off the grid") for time in range(1_200, 1_300)))
    away(database, Refusal([0], "negative volume"), series=ETH)
    with database.read() as connection:
        assert (
            connection.execute(select(func.count()).where(quarantine.c.reason == "time off the grid")).scalar_one()
            <= 1_001
        )
        counted = refusals(connection)
    assert counted == {BTC: {"time off the grid": 1_300}, ETH: {"negative volume": 1}}
