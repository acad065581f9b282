"""What a user's script sees through `from chandler import ...`."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from chandler import Series, Side, Store
from shared.database import Database
from shared.errors import SchemaError, StopError
from tests.integration.console.market import BTC, CANDLES, IDLE, RUNNING, fill_database


@pytest.fixture
def filled(database: Database, database_file: Path) -> Path:
    fill_database(database)
    return database_file


def test_the_newest_candles_come_as_a_frame(filled: Path) -> None:
    with Store.open(filled) as store:
        frame = store.candles(BTC, count=10)
        assert len(frame) == 10
        assert frame.timestamps[-1] == store.watermark(BTC)
        assert len(store.candles(BTC)) == CANDLES
        earlier = store.candles(BTC, count=5, until=int(frame.timestamps[3]))
        assert earlier.timestamps[-1] == frame.timestamps[3]


def test_a_series_without_candles_is_an_empty_frame(filled: Path) -> None:
    with Store.open(filled) as store:
        nobody = Series("kraken", "BTC/USD", "1m")
        assert len(store.candles(nobody)) == 0
        assert store.watermark(nobody) is None


def test_trades_come_newest_first_and_exact(filled: Path) -> None:
    with Store.open(f"sqlite:///{filled}") as store:
        newest, *_ = found = store.trades(RUNNING)
        assert [trade.side for trade in found] == [Side.SELL, Side.BUY, Side.BUY]
        assert newest.realized_pnl == D("0.39")
        assert store.trades(RUNNING, count=1) == [newest]
        assert store.trades(IDLE) == []


def test_positions_come_by_symbol(filled: Path) -> None:
    with Store.open(filled) as store:
        position = store.positions(RUNNING)["BTC/USDT"]
        assert (position.amount, position.average_price) == (D("0.1"), D(101))
        assert store.positions(IDLE) == {}


def test_the_overview_adds_it_all_up(filled: Path) -> None:
    with Store.open(filled) as store:
        overview = store.overview()
    assert (overview.candles, overview.signals, overview.trades) == (CANDLES, 3, 3)
    (series,) = overview.series
    assert (series.series, series.state, series.gaps) == (BTC, "live", 0)
    idle, running = overview.strategies
    assert (running.owner, idle.owner) == ("0123456789@desk", None)
    assert running.mark == D("110.00")
    assert running.unrealized_pnl == D("0.900")
    assert running.position.realized_pnl == D("0.37")
    assert running.equity == D(1000) - D("20.2") + D("10.5") - D("0.03") + D("11.0")
    assert overview.pnl == {"USDT": D("1.27")}
    assert [trade.trade_id for trade in overview.latest_trades] == ["t3", "t2", "t1"]


def test_a_mistyped_name_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="there is no database"), Store.open(tmp_path / "tradin.db"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_chandler_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(SchemaError), Store.open(tmp_path / "empty.db"):
        pass


def test_history_shows_the_same_candles_and_the_newest_of_them(filled: Path) -> None:
    with Store.open(filled) as store:
        everything = store.history(BTC)
        assert len(everything) == CANDLES
        assert everything.last == store.watermark(BTC)
        assert everything.arrays().close.tolist() == store.candles(BTC).close.tolist()
        newest = store.history(BTC, limit=7)
        assert newest.arrays().timestamps.tolist() == everything.arrays().timestamps[-7:].tolist()
        assert len(store.history(BTC, start=int(newest.first or 0), end=newest.last)) == 6
