"""What a broker reports is entered once, whole, and to the last digit, however often and in whatever order it comes."""

import shutil
from dataclasses import replace
from decimal import Decimal as D
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import ledger
from shared.database import open_database
from shared.errors import RepairError
from shared.trading import Fill, OpenOrder, Order, Position, Report, Status
from tests.integration.shared.ledger.counter import BUY, SELL, Counter, fill

PIECES = [
    fill("a", BUY, "0.5", "100", "0.05", at=1),
    fill("b", BUY, "1", "101", "0.101", at=2),
    fill("c", BUY, "0.5", "99", "-0.01", at=3),
]
BALANCES = "SELECT asset, total, free, held, change, change_percent, reason FROM balance_history ORDER BY balance_id"


def test_a_fill_is_a_trade_and_moves_position_cash_and_equity(counter: Counter) -> None:
    order = counter.order(BUY, "2")
    books = counter.settle(order, Status.FILLED, fill("t1", BUY, "2", "100", "0.2", at=77))
    assert books == counter.books()
    assert books.position == Position(D(2), D(200), D("-0.2"), D("0.2"))
    assert counter.rows("SELECT trade_id, sequence, cost, fee_quote, realized_pnl, executed_at_us FROM trades") == [
        ("t1", 1, "200", "0.2", "-0.2", 77)
    ]
    assert counter.rows(BALANCES)[1:] == [
        ("USDT", "799.8", "799.8", "0", "-200.2", "-20.02", "trade t1"),
        ("BTC", "2", "2", "0", "2", None, "trade t1"),
    ]
    assert counter.rows("SELECT cash, positions_value, equity FROM equity_history ORDER BY equity_id")[1:] == [
        ("799.8", "200", "999.8")
    ]
    assert counter.known(order).status is Status.FILLED


def test_the_same_report_again_changes_nothing(counter: Counter) -> None:
    order = counter.order(BUY, "2")
    once = counter.settle(order, Status.FILLED, *PIECES)
    rows = counter.rows(BALANCES), counter.rows("SELECT * FROM order_events")
    assert counter.settle(order, Status.FILLED, *PIECES, *PIECES) == once
    assert (counter.rows(BALANCES), counter.rows("SELECT * FROM order_events")) == rows


@pytest.mark.parametrize("order_of_news", list(permutations(range(3))))
def test_partial_fills_may_come_in_any_order_and_make_the_same_books(
    counter: Counter, order_of_news: tuple[int, ...]
) -> None:
    order = counter.order(BUY, "2")
    for place in order_of_news:
        counter.settle(order, Status.PARTIALLY_FILLED, PIECES[place], PIECES[place])
    assert counter.books().position == Position(D(2), D("200.5"), D("-0.141"), D("0.141"))
    assert counter.books().cash == D("799.359")
    assert counter.known(order).status is Status.FILLED
    assert counter.complaints() == []


def test_fills_of_one_report_are_booked_in_the_order_they_happened(counter: Counter) -> None:
    counter.settle(counter.order(BUY, "2"), Status.FILLED, *reversed(PIECES))
    assert counter.rows("SELECT trade_id FROM trades ORDER BY sequence") == [("a",), ("b",), ("c",)]


def test_a_fill_that_comes_after_the_cancellation_is_booked_and_the_order_stays_cancelled(counter: Counter) -> None:
    order = counter.order(BUY, "2", limit="101")
    counter.settle(order, Status.CANCELLED, PIECES[0], reason="too old")
    assert counter.books().held == 0
    late = counter.settle(order, Status.OPEN, PIECES[0], PIECES[1])
    assert (late.position.amount, late.held) == (D("1.5"), D(0))
    assert (counter.known(order).status, counter.known(order).filled) == (Status.CANCELLED, D("1.5"))
    assert counter.rows("SELECT status, reason FROM orders") == [("cancelled", "too old")]
    assert counter.rows("SELECT status, filled FROM order_events ORDER BY event_id") == [
        ("new", "0"),
        ("cancelled", "0.5"),
        ("cancelled", "1.5"),
    ]
    assert counter.complaints() == []


def test_an_old_answer_does_not_take_an_order_back(counter: Counter) -> None:
    order = counter.order(BUY, "2")
    counter.settle(order, Status.PARTIALLY_FILLED, PIECES[0])
    counter.settle(order, Status.UNKNOWN, reason="timeout")
    assert (counter.known(order).status, counter.known(order).filled) == (Status.PARTIALLY_FILLED, D("0.5"))


def test_an_order_that_is_said_to_be_filled_waits_for_its_fills(counter: Counter) -> None:
    order = counter.order(BUY, "2")
    counter.settle(order, Status.FILLED, PIECES[0])
    assert counter.known(order).status is Status.PARTIALLY_FILLED
    counter.settle(order, Status.FILLED, *PIECES)
    assert counter.known(order).status is Status.FILLED


def refused(counter: Counter, why: str, order: Order, *fills: Fill) -> None:
    """A report with these fills is an error that says why, and leaves everything as it was."""
    tables = [BALANCES, "SELECT * FROM trades", "SELECT * FROM orders", "SELECT * FROM positions"]
    before = [counter.rows(query) for query in tables]
    with pytest.raises(RepairError, match=why):
        counter.settle(order, Status.FILLED, *fills)
    assert [counter.rows(query) for query in tables] == before


def test_more_than_was_ordered_is_refused_and_nothing_of_the_report_is_booked(counter: Counter) -> None:
    order = counter.order(BUY, "1")
    refused(counter, r"trade b of order \w+ fills 1, and only 0\.5 of 1 are left", order, *PIECES[:2])


def test_a_live_buy_that_names_a_sum_may_get_a_little_more_than_was_meant(counter: Counter) -> None:
    order = counter.order(BUY, "1.95", broker="live")
    counter.settle(order, Status.FILLED, *PIECES)
    assert (counter.known(order).status, counter.known(order).filled) == (Status.FILLED, D(2))
    assert counter.complaints() == []
    refused(counter, "only 1.7 of 1.7 are left", counter.order(BUY, "1.7", broker="live"), fill("x", BUY, "2", "9"))


def test_a_fill_of_the_other_side_or_of_another_market_is_refused(counter: Counter) -> None:
    order = counter.order(BUY, "1")
    refused(counter, "sells BTC/USDT, the order buys BTC/USDT", order, fill("x", SELL, "1", "9"))
    ether = replace(fill("x", BUY, "1", "9"), base="ETH")
    refused(counter, "buys ETH/USDT, the order buys BTC/USDT", order, ether)


def test_a_trade_that_another_order_has_is_refused(counter: Counter) -> None:
    counter.trade(PIECES[0])
    refused(counter, "trade a .* another order has it already", counter.order(BUY, "2"), PIECES[0])


def test_a_trade_that_another_strategy_has_is_refused_unless_they_traded_with_each_other(counter: Counter) -> None:
    counter.register("ema")
    counter.trade(fill("a", BUY, "1", "100"))
    other = counter.order(BUY, "1", strategy_id="ema")
    refused(counter, "another order has it already", other, fill("a", BUY, "1", "100"))
    counter.trade(fill("a", SELL, "1", "100"), "ema")
    assert counter.books("ema").position.amount == -1


def test_an_order_nobody_placed_is_refused(counter: Counter) -> None:
    stranger = replace(counter.order(BUY, "1"), client_order_id="f" * 32)
    refused(counter, "there is no order f", stranger, fill("x", BUY, "1", "9"))


def test_a_limit_order_holds_cash_while_it_rests_and_gives_back_what_it_did_not_need(counter: Counter) -> None:
    order = counter.order(BUY, "2", limit="100")
    assert (counter.books().held, counter.books().free) == (D(200), D(800))
    counter.settle(order, Status.OPEN, fill("t1", BUY, "0.5", "98", "0.1"))
    assert (counter.books().cash, counter.books().held) == (D("950.9"), D(150))
    assert counter.complaints() == []
    books = counter.settle(order, Status.CANCELLED)
    assert (books, books.held) == (counter.books(), D(0))
    why = counter.rows("SELECT asset, free, held, change, source, reason FROM balance_history ORDER BY balance_id")
    name = order.client_order_id
    assert why[1:] == [
        ("USDT", "800", "200", "0", "paper", f"order {name} placed"),
        ("USDT", "800.9", "150", "-49.1", "paper", "trade t1"),
        ("BTC", "0.5", "0", "0.5", "paper", "trade t1"),
        ("USDT", "950.9", "0", "0", "paper", f"order {name} cancelled"),
    ]


def test_a_limit_order_to_sell_holds_base_and_a_market_order_meanwhile_leaves_that_alone(counter: Counter) -> None:
    counter.trade(fill("t1", BUY, "3", "100"))
    resting = counter.order(SELL, "2", limit="120")
    assert counter.books().held_base == 2
    counter.trade(fill("t2", SELL, "0.5", "110"))
    assert (counter.books().position.amount, counter.books().held_base) == (D("2.5"), D(2))
    counter.settle(resting, Status.FILLED, fill("t3", SELL, "2", "120"))
    assert counter.books().held_base == 0
    assert counter.complaints() == []


def test_a_refused_limit_order_gives_everything_back(counter: Counter) -> None:
    counter.settle(counter.order(BUY, "2", limit="100"), Status.REJECTED, reason="post only")
    assert counter.books().free == 1000


def test_a_buy_whose_fee_comes_off_the_base_leaves_what_can_really_be_sold(counter: Counter) -> None:
    books = counter.trade(fill("t1", BUY, "0.1", "1000", "0.0001", "BTC"))
    assert books.position.amount == D("0.0999")
    assert counter.rows("SELECT total, change FROM balance_history WHERE asset = 'BTC'") == [("0.0999", "0.0999")]


def test_a_fee_in_an_asset_of_the_account_is_owed_and_adds_up(counter: Counter) -> None:
    counter.trade(fill("t1", BUY, "1", "100", "0.002", "BNB"))
    counter.trade(fill("t2", SELL, "1", "110", "0.003", "BNB"))
    assert counter.rows("SELECT total, change, change_percent FROM balance_history WHERE asset = 'BNB'") == [
        ("-0.002", "-0.002", None),
        ("-0.005", "-0.003", "150"),
    ]
    assert counter.books().cash == 1010
    assert counter.complaints() == []


def test_what_was_sold_short_is_owed(counter: Counter) -> None:
    counter.trade(fill("t1", SELL, "1", "100"))
    assert counter.rows("SELECT total FROM balance_history WHERE asset = 'BTC'") == [("-1",)]
    assert counter.rows("SELECT amount, cost, average_price FROM positions") == [("-1", "-100", "100")]
    assert counter.complaints() == []


def test_an_order_leaves_once(counter: Counter) -> None:
    order = counter.order(BUY, "1")
    counter.send(order, 5)
    with pytest.raises(RepairError, match="is sent already and will not be sent again"):
        counter.send(order, 6)
    assert counter.rows("SELECT status, sent_until_ms FROM orders") == [("sent", 5)]


class PowerCutError(Exception):
    """The process dies here."""


def settle_and_die(counter: Counter, order: Order) -> None:
    """Just before the commit."""
    with counter.database.write() as connection:
        ledger.settle(connection, OpenOrder(order), Report(Status.FILLED, tuple(PIECES)), 1, 9)
        raise PowerCutError


def test_a_crash_in_the_middle_of_settling_leaves_nothing_of_it(counter: Counter) -> None:
    order = counter.order(BUY, "2")
    with pytest.raises(PowerCutError):
        settle_and_die(counter, order)
    assert counter.rows("SELECT count(*) FROM trades") == [(0,)]
    assert (counter.books().cash, counter.known(order).status) == (D(1000), Status.NEW)
    counter.settle(order, Status.FILLED, *PIECES)
    assert counter.complaints() == []


news = st.lists(st.tuples(st.sampled_from(Status), st.sets(st.integers(0, 2))), max_size=6)


@settings(max_examples=30)
@given(told=news, limit=st.sampled_from((None, "102")))
def test_whatever_is_told_in_whatever_order_the_books_add_up_and_nothing_is_booked_twice(
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
    told: list[tuple[Status, set[int]]],
    limit: str | None,
) -> None:
    path = tmp_path_factory.mktemp("told") / "trading.db"
    shutil.copy(migrated_file, path)
    database = open_database(f"sqlite:///{path}")
    try:
        counter = Counter(database)
        order = counter.order(BUY, "2", limit=limit)
        seen: set[int] = set()
        for status, which in told:
            counter.settle(order, status, *(PIECES[place] for place in which))
            seen |= which
            assert counter.complaints() == []
        assert counter.books().position.amount == sum(PIECES[place].amount for place in seen)
        assert counter.known(order).filled == counter.books().position.amount
    finally:
        database.close()
