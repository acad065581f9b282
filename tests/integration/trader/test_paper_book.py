"""Orders that meet an order book, asked for with the real client from a real simulator."""

import threading
import time
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared.candles.exchanges import note_cooldown
from shared.clock import boot_id, boot_us, now_us
from shared.config import ExchangeSettings, PaperSettings
from shared.errors import RetryError
from shared.trading import Lease, Side
from tests.integration.shared.exchange.conftest import simulate  # noqa: F401 - a fixture
from tests.integration.shared.exchange.there import Exchange, Simulate
from tests.integration.trader.paper_floor import SECOND, Floor, open_floor
from trader.brokers import Brokers
from trader.paper import PaperBroker

DEADLINE_S = 30.0

#: Taking an order back on paper needs no lease of its own: the ledger asks for it.
NOBODYS = Lease("one", None, 0, 0, "")


@pytest.fixture
def exchange(simulate: Simulate) -> Exchange:  # noqa: F811
    return simulate()


@pytest.fixture
def floor(tmp_path: Path, exchange: Exchange) -> Iterator[Floor]:
    """A paper market with order books; its time is the real one."""
    opened = open_floor(tmp_path)
    settings = {"binance": ExchangeSettings.model_validate({"url": exchange.url})}
    brokers = Brokers(opened.desk.database, PaperSettings(slippage=D(0), book=True), settings, 7)
    broker = brokers.of(opened.desk.running(opened.desk.claim("a")))
    assert isinstance(broker, PaperBroker)
    opened.broker = broker
    yield opened
    brokers.close()
    opened.desk.database.close()


def place(floor: Floor, side: Side, amount: str, limit: str | None = None) -> None:
    floor.place(side, amount, now_us() / SECOND, limit)


def settled(floor: Floor) -> str:
    """Look as a trader does until something is known."""
    deadline = time.monotonic() + DEADLINE_S
    while (status := floor.look(now_us() / SECOND)) == "new":
        assert time.monotonic() < deadline, "no order book came"
        time.sleep(0.02)
    return status


def test_an_order_at_the_market_is_filled_from_the_book(floor: Floor, exchange: Exchange) -> None:
    place(floor, Side.BUY, "0.05")
    assert settled(floor) == "filled"
    ((amount, price, liquidity),) = floor.trades()
    quote = exchange.ask("/api/v3/ticker/bookTicker?symbol=BTCUSDT")
    assert (amount, liquidity) == ("0.05", "taker")
    assert D(str(price)) == pytest.approx(D(quote["askPrice"]), rel=D("0.01"))
    asked = [entry["path"] for entry in exchange.log() if "depth" in entry["path"]]
    assert len(asked) == 1


def test_one_larger_than_the_top_of_the_book_walks_down(floor: Floor) -> None:
    with floor.desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE balance_history SET total = '10000000', free = '10000000'")
    place(floor, Side.BUY, "2.5")
    assert settled(floor) == "filled"
    prices = [D(str(price)) for _, price, _ in floor.trades()]
    assert len(prices) > 1
    assert prices == sorted(set(prices))
    assert sum(D(str(amount)) for amount, _, _ in floor.trades()) == D("2.5")


def test_a_limit_far_from_the_book_rests_and_is_then_filled_by_tickers(floor: Floor, exchange: Exchange) -> None:
    place(floor, Side.BUY, "0.05", limit="1000")
    assert settled(floor) == "open"
    floor.tick(now_us() / SECOND + 1, "998", "999")
    assert floor.look(now_us() / SECOND + 2) == "filled"
    assert floor.trades() == [("0.05", "1000", "maker")]
    assert len([entry for entry in exchange.log() if "depth" in entry["path"]]) == 1


def test_nothing_is_asked_of_an_exchange_that_wants_no_requests_and_nobody_is_held_up(
    floor: Floor, exchange: Exchange
) -> None:
    with floor.desk.database.write() as connection:
        note_cooldown(connection, "binance", 3_600, "banned", now_us(), boot_us(), boot_id())
    place(floor, Side.BUY, "0.05")
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        assert floor.look(now_us() / SECOND) == "new"
    assert exchange.log() == []


def test_a_book_that_does_not_come_is_told_and_asked_for_again(floor: Floor, exchange: Exchange) -> None:
    exchange.fault(kind="server_error", paths="depth", count=1)
    place(floor, Side.BUY, "0.05")
    with pytest.raises(RetryError):
        settled(floor)
    assert settled(floor) == "filled"


def test_a_market_that_the_exchange_does_not_have_is_a_rejection(floor: Floor, exchange: Exchange) -> None:
    exchange.fault(kind="garbage", paths="depth", count=1)
    place(floor, Side.BUY, "0.05")
    with pytest.raises(RetryError):
        settled(floor)
    with floor.desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET symbol = 'NOPE/USDT'")
    assert settled(floor) == "rejected"
    assert "no such market" in floor.reason()


def test_an_order_taken_back_needs_no_book_and_closing_ends_the_thread(floor: Floor) -> None:
    place(floor, Side.BUY, "0.05")
    assert floor.look(now_us() / SECOND) == "new"
    report = floor.broker.cancel(floor.desk.database, floor.waiting(), "halted", now_us(), NOBODYS)
    assert report is not None
    assert report.status.value == "cancelled"
    floor.broker.close()
    assert "order books" not in [thread.name for thread in threading.enumerate()]
