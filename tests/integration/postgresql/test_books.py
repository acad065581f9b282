"""Books on PostgreSQL are those on SQLite, to the last digit, and so is all that a decision reads and writes."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text

from shared import candles, ledger
from shared.database import Database, lease_time
from shared.database.types import Money
from shared.ledger import agendas
from shared.market import Candle, Interval, Series
from shared.models import metadata
from shared.portfolio.read import HoldingsReader
from shared.store import Store
from shared.trading import Fill, Kind, Order, Report, Side, Status, buy
from tests.integration.trader.desk import Desk, open_desk

#: Of these sizes products have 36 places behind the point, and no average ends.
AMOUNT, PRICE, FEE = D("7.000000000000000001"), D("31.123456789012345678"), D("0.000000000000000000000001")
AT = 1_700_000_000_000_000
BOOKS = ("signals", "strategy_cursors", "orders", "order_events", "trades", "positions", "balance_history")
TABLE = Table("money", MetaData(), Column("id", Integer, primary_key=True), Column("amount", Money))


@pytest.fixture
def desk(tmp_path: Path, url: str) -> Iterator[Desk]:
    opened = open_desk(tmp_path, url)
    yield opened
    opened.database.close()


@pytest.fixture
def file_desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    yield opened
    opened.database.close()


def order(candle: int, side: Side, amount: D) -> Order:
    return Order(
        client_order_id=f"ch{candle}",
        strategy_id="one",
        candle=candle,
        leg="entry",
        attempt=1,
        exchange="binance",
        symbol="BTC/USDT",
        side=side,
        amount=amount,
        decided_at_us=AT + candle,
        kind=Kind.LIMIT,
        limit_price=PRICE,
    )


def fill(trade_id: str, side: Side, amount: D, price: D) -> Fill:
    return Fill(trade_id, side, amount, price, FEE, "USDT", AT, base="BTC", quote="USDT")


def trade(desk: Desk) -> None:
    """Two buys, the first in two pieces and told twice, and a sell of a part."""
    lease = desk.claim("me")
    steps = [(1_000, Side.BUY, AMOUNT), (2_000, Side.BUY, AMOUNT / 7), (3_000, Side.SELL, AMOUNT / 3)]
    for candle, side, amount in steps:
        wanted = order(candle, side, amount.quantize(D("1e-18")))
        with desk.database.write_as("one") as connection:
            ledger.fence(connection, lease, *lease_time(connection))
            assert ledger.advance(connection, "one", candle, lease.token, AT)
            signal = replace(buy(reason="why"), side=side)
            ledger.record(
                connection, "one", candle, signal, price=31.1, outcome="ordered", lease_token=lease.token, now_us=AT
            )
            ledger.place(connection, wanted, lease.token)
        half = (wanted.amount / 3).quantize(D("1e-18"))
        pieces = [fill(f"{candle}-1", side, half, PRICE), fill(f"{candle}-2", side, wanted.amount - half, PRICE + FEE)]
        for told in (pieces[:1], pieces[:1], pieces):
            with desk.database.write_as("one") as connection:
                ledger.fence(connection, lease, *lease_time(connection))
                waiting = ledger.known(connection, wanted)
                status = Status.FILLED if told == pieces else Status.OPEN
                ledger.settle(connection, waiting, Report(status, tuple(told)), lease.token, AT)


def everything(desk: Desk) -> dict[str, list[dict[str, object]]]:
    """All rows of the books, without the moments that a test can't know."""
    found = {}
    with desk.database.read() as connection:
        for name in BOOKS:
            table = metadata.tables[name]
            columns = [column for column in table.columns if column.name != "stamp_us"]  # only SQLite has stamps
            rows = connection.execute(select(*columns).order_by(*table.primary_key)).mappings()
            moment = {"recorded_at_us"} if name == "balance_history" else set()
            found[name] = [{key: value for key, value in row.items() if key not in moment} for row in rows]
    return found


def test_trades_make_the_same_books_as_on_sqlite_and_they_add_up(desk: Desk, file_desk: Desk) -> None:
    for each in (desk, file_desk):
        trade(each)
    assert everything(desk) == everything(file_desk)
    with desk.database.read() as connection:
        assert ledger.verify(connection) == []
        position = ledger.books(connection, "one", "binance", "BTC/USDT").position
        assert len(str(position.cost).partition(".")[2]) > 18
        assert connection.execute(text("SELECT count(*) FROM trades")).scalar_one() == 6


def test_the_portfolio_follows_the_books_and_the_market(desk: Desk, url: str) -> None:
    reader = HoldingsReader(desk.database)
    desk.tick("31.00", "31.02")
    reader.follow()
    trade(desk)
    followed = reader.follow()
    assert followed.totals == HoldingsReader(desk.database).follow().totals
    with Store.open(url) as store:
        assert len(store.portfolio(days=1).accounts) == 1
        (view,) = store.overview().strategies
        assert (view.strategy_id, view.owner, view.trades) == ("one", "me", 6)


def test_what_is_due_is_the_same_as_on_sqlite(desk: Desk, file_desk: Desk) -> None:
    told = []
    for each in (desk, file_desk):
        trade(each)
        each.close_candles([1_000, 2_000, 3_000, 4_000])
        with each.database.read() as connection:
            told.append(agendas(connection, ["one"]))
    assert told[0] == told[1]
    assert told[0][0].is_due


def test_candles_come_back_to_the_bit_and_what_is_there_stays(desk: Desk) -> None:
    series = Series("binance", "BTC/USDT", "1m")
    rows = [Candle(60_000 * n, 0.1 * n, 0.3 * n + 1e-16, 0.1 / 3 * n, 0.2 * n, n / 7) for n in range(1, 400)]
    for changed in (1.0, 2.0):  # the second time as another answer of the exchange
        page = [row._replace(volume=row.volume * changed) for row in rows]
        with desk.database.write() as connection:
            candles.store_page(connection, series, page, Interval(60_000, 60_000 * 400), now_us=AT)
    with desk.database.read() as connection:
        frame = candles.frame(connection, series, 60_000 * 400, 1_000)
    assert frame.timestamps.tolist() == [row.timestamp for row in rows]
    for name in ("open", "high", "low", "close", "volume"):
        assert getattr(frame, name).tolist() == [getattr(row, name) for row in rows]


@pytest.fixture
def money(database: Database) -> Database:
    with database.write() as connection:
        TABLE.create(connection)
    return database


@given(amount=st.decimals(min_value=D("-1e40"), max_value=D("1e40"), places=50))
@example(amount=D("12345.678901234567890123"))
@example(amount=D("-0.00"))
@example(amount=D("1E+40"))
@example(amount=D("1E-50"))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_decimal_comes_back_exactly(money: Database, amount: D) -> None:
    with money.write() as connection:
        key = connection.execute(insert(TABLE).values(amount=amount).returning(TABLE.c.id)).scalar_one()
        back = connection.execute(select(TABLE.c.amount).where(TABLE.c.id == key)).scalar_one()
    assert type(back) is D
    assert back == amount
