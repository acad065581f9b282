"""Stored books are held against what deposits and trades make; whatever was falsified is named."""

import pytest

from shared.trading import Status
from tests.integration.shared.ledger.counter import BUY, SELL, Counter, fill

NEWEST = "(SELECT max(balance_id) FROM balance_history WHERE asset = '{}')"


@pytest.fixture
def busy(counter: Counter) -> Counter:
    """Long, short, fees in three assets, an order that rests, and a strategy that never traded."""
    counter.trade(fill("t1", BUY, "2", "100", "0.002", "BTC"))
    counter.trade(fill("t2", SELL, "3", "110", "0.1"))
    counter.trade(fill("t3", BUY, "2", "90", "0.01", "BNB"))
    resting = counter.order(BUY, "2", limit="80")
    counter.settle(resting, Status.OPEN, fill("t4", BUY, "0.5", "80", "-0.01"))
    counter.register("idle")
    return counter


def test_books_that_the_ledger_wrote_add_up(busy: Counter) -> None:
    assert busy.complaints() == []


def test_a_wall_clock_that_stepped_back_is_no_false_alarm(busy: Counter) -> None:
    busy.change("UPDATE trades SET executed_at_us = 9 - sequence")
    busy.change("UPDATE balance_history SET recorded_at_us = 99 - balance_id")
    assert busy.complaints() == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("UPDATE positions SET amount = '1'", "rsi: amount of BTC/USDT is 1, its trades make 1.498"),
        ("UPDATE positions SET cost = '1'", "rsi: cost of BTC/USDT is 1, its trades make "),
        ("UPDATE positions SET realized_pnl = '1'", "rsi: realized_pnl of BTC/USDT is 1, its trades make "),
        ("UPDATE positions SET fees = '1'", "rsi: fees of BTC/USDT is 1, its trades make 0.29"),
        ("UPDATE positions SET average_price = '1'", "rsi: average_price of BTC/USDT is 1, its trades make "),
        ("DELETE FROM positions", "rsi: amount of BTC/USDT is 0, its trades make 1.498"),
        (
            f"UPDATE balance_history SET total = '5' WHERE balance_id = {NEWEST.format('BTC')}",
            "rsi: total of BTC is 5, its trades make 1.498",
        ),
        (
            f"UPDATE balance_history SET total = '0' WHERE balance_id = {NEWEST.format('BNB')}",
            "rsi: total of BNB is 0, its trades make -0.01",
        ),
        (
            "UPDATE balance_history SET held = '0' WHERE asset = 'USDT'",
            "rsi: held of USDT is 0, its trades make 120",
        ),
        (
            "UPDATE balance_history SET total = '1' WHERE strategy_id = 'idle'",
            "idle: total of USDT is 1, its trades make 1000",
        ),
        ("UPDATE trades SET cost = '1' WHERE trade_id = 't2'", "rsi: cost of trade t2 is 1, its trades make 330"),
        (
            "UPDATE trades SET realized_pnl = '1' WHERE trade_id = 't1'",
            "rsi: realized_pnl of trade t1 is 1, its trades make -0.2",
        ),
        ("UPDATE trades SET amount = '2.1' WHERE trade_id = 't1'", "rsi: cost of trade t1 is 200, its trades make 210"),
        ("DELETE FROM trades WHERE trade_id = 't3'", "rsi: amount of BTC/USDT is 1.498, its trades make -0.502"),
        ("UPDATE orders SET filled = '1' WHERE limit_price = '80'", " is 1, its trades make 0.5"),
    ],
)
def test_what_was_falsified_is_named_with_what_it_should_be(busy: Counter, change: str, complaint: str) -> None:
    busy.change(change)
    told = busy.complaints()
    assert [each for each in told if complaint in each], told


def test_a_trade_that_can_not_have_happened_is_named(busy: Counter) -> None:
    busy.change("UPDATE trades SET price = '1e99' WHERE trade_id = 't2'")
    assert busy.complaints()[0] == "rsi: amount of the impossible trade t2 is 3, its trades make 0"
