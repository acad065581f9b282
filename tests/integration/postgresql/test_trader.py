"""Trader processes on PostgreSQL: the whole cycle on paper, taken over from one that dies and one that is paused."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from shared import ledger
from tests.integration.trader.desk import Desk, open_desk
from tests.integration.trader.test_replicas import Traders, wait_until

OPENS = iter(range(1_000, 10_000_000, 1_000))


@pytest.fixture
def desk(tmp_path: Path, url: str) -> Iterator[Desk]:
    opened = open_desk(tmp_path, url)
    yield opened
    opened.database.close()


@pytest.fixture
def traders(desk: Desk, url: str) -> Iterator[Traders]:
    started = Traders(desk, ["one", "two"], CHANDLER_DATABASE__URL=url)
    yield started
    started.end()


def owners(traders: Traders) -> set[str | None]:
    return set(traders.owners().values())


def make_trades(desk: Desk, count: int) -> None:
    """So many candles close, each when the one before is decided and its orders are filled."""
    for _ in range(count):
        candle = next(OPENS)
        desk.close_candles([candle])
        wait_until(partial(is_done, desk, candle), "the candle is decided and its orders are filled")


def is_done(desk: Desk, candle: int) -> bool:
    """Whether both strategies have decided on it, and every order is filled by a ticker that comes now."""
    desk.tick("100.00", "100.02")
    cursors = desk.rows("SELECT candle FROM strategy_cursors")
    return cursors == [(candle,), (candle,)] and desk.rows("SELECT 1 FROM orders WHERE status <> 'filled'") == []


def assert_books_add_up(desk: Desk, candles: int) -> None:
    """Each candle made each strategy one trade, for good: nothing lost, nothing twice."""
    with desk.database.read() as connection:
        assert ledger.verify(connection) == []
    assert desk.rows(
        "SELECT strategy_id, count(*), count(DISTINCT client_order_id) FROM trades GROUP BY 1 ORDER BY 1"
    ) == [
        ("one", candles, candles),
        ("two", candles, candles),
    ]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_a_replica_takes_over_from_one_that_is_killed_or_paused_and_the_books_add_up(
    traders: Traders, desk: Desk, ending: signal.Signals
) -> None:
    first = traders.start()
    wait_until(lambda: len(traders.owners()) == 2 and None not in owners(traders), "the first holds both strategies")
    make_trades(desk, 2)
    (before,) = owners(traders)
    second = traders.start()
    first.send_signal(ending)
    wait_until(lambda: not owners(traders) & {None, before}, "the second holds both strategies")
    make_trades(desk, 2)
    first.send_signal(signal.SIGCONT)
    make_trades(desk, 2)
    assert_books_add_up(desk, 6)
    for name in ("one", "two"):
        written = desk.rows(f"SELECT lease_token FROM signals WHERE strategy_id = '{name}' ORDER BY candle")
        assert written == sorted(written), "whoever lost a strategy wrote for it"
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0


def test_a_clean_stop_gives_the_leases_back_at_once(traders: Traders) -> None:
    only = traders.start()
    wait_until(lambda: len(traders.owners()) == 2 and None not in owners(traders), "both strategies are held")
    only.send_signal(signal.SIGTERM)
    assert only.wait(60) == 0
    assert owners(traders) == {None}
    said = (traders.directory / "trader-0.log").read_text()
    assert "strategies are kept out of each other's books by the code alone" in said
