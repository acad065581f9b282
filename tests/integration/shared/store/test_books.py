"""Books that a script keeps: opened, changed, closed, told twice, and kept apart from those of traders."""

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from console.halt import require_known
from shared import ledger
from shared.candles import save_tickers
from shared.clock import boot_id, boot_us, now_ms, now_us
from shared.config import StrategySettings
from shared.database import Database
from shared.errors import ConfigError, RepairError
from shared.market import Ticker
from shared.models import equity_history, orders, trades
from shared.store import Book, Store
from shared.trading import Side

CONFIGURED = StrategySettings(id="rsi", name="rsi_reversion", exchange="binance", symbol="BTC/USDT", timeframe="1m")


@pytest.fixture
def store(database: Database, database_file: Path) -> Iterator[Store]:
    with Store.open(database_file) as opened:
        yield opened


@pytest.fixture
def book(store: Store) -> Book:
    return store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)


def tick(database: Database, bid: str, ask: str) -> None:
    with database.write() as connection:
        save_tickers(connection, [Ticker("binance", "BTC/USDT", now_ms(), D(bid), D(ask), D(bid), now_us())])


def complaints(database: Database) -> list[str]:
    with database.read() as connection:
        return [str(each) for each in ledger.verify(connection)]


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return len(connection.execute(select(table)).all())


def test_an_opened_position_writes_its_trade_and_everything_that_follows(book: Book, database: Database) -> None:
    held = book.open("buy", "0.5", "100", trade_id="first", fee="0.1")
    assert (held.amount, held.average_price, held.cash) == (D("0.5"), D(100), D("949.9"))
    (trade,) = book.trades()
    assert (trade.trade_id, trade.side, trade.cost) == ("first", Side.BUY, D("50.0"))
    assert book.balance().total == D("949.9")
    assert book.balance("BTC").total == D("0.5")
    assert complaints(database) == []


def test_a_position_grows_shrinks_and_is_closed_and_what_it_earned_is_exact(book: Book, database: Database) -> None:
    book.open("buy", 1, "100")
    book.add(1, "110", fee="0.001", fee_asset="BTC")
    book.reduce("0.5", "120")
    closed = book.close("130")
    assert closed.amount == 0
    assert not closed.position.is_open
    assert closed.cash == closed.equity == D(1000) + closed.realized_pnl
    assert closed.pnl == closed.realized_pnl
    assert complaints(database) == []


def test_a_short_position_is_sold_first_and_bought_back(book: Book, database: Database) -> None:
    assert book.open("sell", 2, 100).amount == -2
    assert book.add(1, 106).average_price == D(102)
    assert book.reduce(2, 90).amount == -1
    assert book.close(90).realized_pnl == D(36)
    assert complaints(database) == []


def test_one_trade_may_turn_a_position(book: Book, database: Database) -> None:
    book.open("buy", 1, 100)
    assert book.trade(Side.SELL, 3, 110).amount == -2
    assert complaints(database) == []


def test_live_profit_follows_the_market(book: Book, database: Database) -> None:
    assert book.open("buy", 2, 100).unrealized_pnl is None  # there is no price yet
    tick(database, "109", "111")
    held = book.position()
    assert (held.mark, held.unrealized_pnl, held.equity) == (D(109), D(18), D(1018))
    assert book.position(mark="150.5").pnl == D(101)
    book.trade("sell", 4, 100)
    assert book.position().mark == D(111)  # a short one is bought back at the ask


def test_marking_to_market_is_kept_in_the_equity_history(book: Book, database: Database) -> None:
    book.open("buy", 2, 100)
    with pytest.raises(RepairError, match="has no price yet"):
        book.mark_to_market()
    book.mark_to_market("105")
    with database.read() as connection:
        newest = connection.execute(select(equity_history).order_by(equity_history.c.equity_id.desc())).first()
    assert newest is not None
    assert (newest.cash, newest.positions_value, newest.equity) == (D(800), D(210), D(1010))


def test_a_trade_that_is_told_again_changes_nothing(book: Book, database: Database) -> None:
    opened = [book.open("buy", "0.5", "100", trade_id="first") for _ in range(3)]
    assert [held.amount for held in opened] == [D("0.5")] * 3
    closed = [book.close("110", trade_id="last") for _ in range(3)]
    assert [held.realized_pnl for held in closed] == [D(5)] * 3
    assert (count(database, trades), count(database, orders)) == (2, 2)
    assert complaints(database) == []


def test_a_trade_that_is_told_otherwise_is_refused(book: Book, database: Database) -> None:
    book.open("buy", "0.5", "100", trade_id="first")
    with pytest.raises(RepairError, match=r"trade first is .* already, with amount 0\.5, not 0\.6, price 100"):
        book.open("buy", "0.6", "101", trade_id="first")
    with pytest.raises(RepairError, match="with side buy, not sell"):
        book.trade("sell", "0.5", "100", trade_id="first")
    assert count(database, trades) == 1


def test_what_a_position_does_not_allow_is_refused_and_nothing_written(book: Book, database: Database) -> None:
    with pytest.raises(RepairError, match="no position is open"):
        book.add(1, 1)
    with pytest.raises(RepairError, match="no position is open"):
        book.reduce(1, 1)
    with pytest.raises(RepairError, match="no position is open"):
        book.close(1)
    book.open("buy", 1, 100)
    with pytest.raises(RepairError, match="a position is open already"):
        book.open("buy", 1, 100)
    with pytest.raises(RepairError, match="the position is smaller"):
        book.reduce("1.5", 100)
    assert count(database, trades) == 1


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"amount": 0.1}, TypeError, "amount is the float 0.1, which is not exact: write '0.1' or Decimal"),
        ({"amount": "a lot"}, ValueError, "amount 'a lot' is no number"),
        ({"amount": 0}, ValueError, "amount is 0: a number above 0 is meant"),
        ({"amount": True}, TypeError, "amount must be Decimal, int or str, not True"),
        ({"amount": None}, TypeError, "amount must be Decimal, int or str, not None"),
        ({"price": "nan"}, ValueError, "price 'nan' can't be kept"),
        ({"price": "1e50"}, ValueError, "price '1e50' can't be kept"),
        ({"side": "long"}, ValueError, "side 'long' is neither 'buy' nor 'sell'"),
        ({"trade_id": ""}, ValueError, "trade_id is empty"),
        ({"trade_id": 7}, TypeError, "trade_id must be text, not 7"),
        ({"reason": "x" * 300}, ValueError, "reason 'x+' can't be kept"),
        ({"reason": "\ud800"}, ValueError, "can't be kept"),
        ({"at_us": 1_700_000_000}, ValueError, "at_us 1700000000 is no time in microseconds"),
        ({"at_us": 1.5}, TypeError, "at_us must be a whole number of microseconds"),
        ({"fees": 1}, TypeError, "may be told, not fees"),
    ],
)
def test_nonsense_is_refused_before_anything_is_written(
    book: Book, database: Database, told: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        book.open(**{"side": "buy", "amount": 1, "price": 100, **told})
    assert count(database, trades) == 0


def test_a_book_is_made_once_and_known_by_its_id(store: Store, book: Book) -> None:
    book.open("buy", 1, 100)
    assert store.book("mine").position().amount == 1
    assert store.book("mine", exchange="binance", symbol="BTC/USDT").balance().total == D(900)
    assert [str(each) for each in store.books()] == ["paper binance BTC/USDT"]
    with pytest.raises(ConfigError, match="there is no book 'other' yet"):
        store.book("other")
    with pytest.raises(ConfigError, match="mine is paper binance BTC/USDT, not paper binance ETH/USDT"):
        store.book("mine", exchange="binance", symbol="ETH/USDT")
    with pytest.raises(ConfigError, match="began with 1000, not with 500"):
        store.book("mine", exchange="binance", symbol="BTC/USDT", cash=500)
    with pytest.raises(ValueError, match="'BTCUSDT' is no market"):
        store.book("third", exchange="binance", symbol="BTCUSDT")
    with pytest.raises(ValueError, match="is no id"):
        store.book("a b", exchange="binance", symbol="BTC/USDT")
    with pytest.raises(ValueError, match="cash is -1: it can't be below 0"):
        store.book("third", exchange="binance", symbol="BTC/USDT", cash=-1)
    assert len(store.books()) == 1


def test_a_traders_strategy_and_a_scripts_book_never_share_an_id(store: Store, book: Book, database: Database) -> None:
    with database.write() as connection:
        ledger.register(connection, CONFIGURED, now_us(), boot_us(), boot_id())
    with pytest.raises(ConfigError, match="rsi is the strategy rsi_reversion, whose books only the trader"):
        store.book("rsi")
    with pytest.raises(ConfigError, match="rsi is the strategy rsi_reversion, whose books only the trader"):
        store.book("rsi", exchange="binance", symbol="BTC/USDT")
    with pytest.raises(ConfigError, match="strategy mine: a script keeps books under this id"), database.write() as it:
        ledger.register(it, CONFIGURED.model_copy(update={"id": "mine"}), now_us(), boot_us(), boot_id())
    with database.read() as connection:
        assert ledger.runnable(connection, ["mine", "rsi"]) == {"rsi"}
        assert ledger.leases_of(connection, ["mine"]) == []


def test_nobody_is_asked_to_stop_or_flatten_what_a_script_holds(book: Book, database: Database) -> None:
    book.open("buy", 1, 100)
    with database.read() as connection:
        assert ledger.not_flat(connection) == set()
        with pytest.raises(ConfigError, match="mine is kept by a script, and no trader runs it"):
            require_known(connection, "mine")


def test_what_a_script_tells_uses_up_no_limit_of_the_traders(book: Book, database: Database) -> None:
    book.open("buy", 1, 100)
    with database.read() as all_books, database.read_as("rsi") as own_books:
        assert ledger.orders_since(all_books, 0) == ledger.orders_since(own_books, 0) == 0
        assert ledger.trades_since(all_books, 0) == ()
    with database.read() as connection:
        assert ledger.orders_since(connection, 0, "mine") == 1


def test_a_scripts_book_is_part_of_the_portfolio(store: Store, book: Book, database: Database) -> None:
    book.open("buy", 2, 100)
    tick(database, "109", "111")
    ((account, totals),) = store.summary().items()
    assert str(account) == "paper USDT"
    assert (totals.cash, totals.unrealized, totals.positions) == (D(800), D(18), 1)
    (view,) = store.overview().strategies
    assert (view.strategy_id, view.strategy_name, view.equity) == ("mine", "(script)", D(1018))
    assert store.portfolio(strategy_id="mine").accounts[0].totals == totals


def test_what_a_book_had_and_was_worth_is_read_over_time(store: Store, book: Book) -> None:
    book.open("buy", 2, 100, trade_id="first")
    assert [(row.asset, row.total, row.reason) for row in store.balances("mine")] == [
        ("USDT", D(1000), "deposit"),
        ("USDT", D(800), "trade first"),
        ("BTC", D(2), "trade first"),
    ]
    began = store.balances("mine")[0].recorded_at_us
    assert [row.total for row in store.balances("mine", "USDT", since_us=began + 1)] == [D(800)]
    assert store.balances("mine", until_us=began) == store.balances("nobody") == []
    assert [row.equity for row in store.equity("mine")] == [D(1000), D(1000)]


def test_a_book_without_cash_owes_what_it_spends(store: Store, database: Database) -> None:
    book = store.book("bare", exchange="binance", symbol="BTC/USDT")
    assert book.open("buy", 2, 100).cash == D(-200)
    assert book.close(101).equity == D(2)
    assert complaints(database) == []
    assert store.portfolio().accounts[0].totals.realized == D(2)


def test_trades_of_one_moment_and_of_the_past_have_signals_of_their_own(book: Book, database: Database) -> None:
    moment = now_us()
    for number in range(3):
        book.trade("buy", 1, 100, trade_id=f"t{number}", at_us=moment)
    book.trade("buy", 1, 100, trade_id="earlier", at_us=moment - 86_400_000_000)
    assert [trade.trade_id for trade in book.trades()] == ["t2", "t1", "t0", "earlier"]
    assert complaints(database) == []
