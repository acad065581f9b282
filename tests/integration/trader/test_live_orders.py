"""The life of a live order, with unmodified ccxt against an exchange in a process of its own."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import ledger
from shared.clock import now_us
from shared.errors import LeaseLostError, RetryError
from shared.trading import Side, State, StateRow, Status
from tests.integration.trader.live import ORDERS, LiveDesk, eventually, exchange, live_desk


def set_state(live: LiveDesk, state: State) -> None:
    """What an operator does."""
    with live.desk.database.write() as connection:
        ledger.set_state(connection, StateRow("*", state, "operator", "lunch"), now_us())


def fails(live: LiveDesk) -> bool:
    """Whether a round ends because the exchange can't be asked."""
    try:
        live.tend()
    except RetryError:
        return True
    return False


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveDesk]:
    with exchange() as at, live_desk(tmp_path, at) as desk:
        yield desk


def test_a_market_order_is_sent_once_filled_and_booked_to_the_last_digit(live: LiveDesk) -> None:
    order = live.place(amount="0.01")
    live.tend_until("filled")
    (there,) = live.exchange.account.orders("BTCUSDT")
    assert there["clientOrderId"] == order.client_order_id
    assert live.events() == ["new", "sent", "filled"]
    assert live.books_equal_the_account()
    ((fee, asset, liquidity),) = live.desk.rows("SELECT fee, fee_asset, liquidity FROM trades")
    assert (fee, asset, liquidity) == ("0.00001", "BTC", "taker")


def test_what_was_bought_less_the_fee_can_really_be_sold(live: LiveDesk) -> None:
    live.place(amount="0.01")
    live.tend_until("filled")
    live.place(Side.SELL, "0.00999")
    live.tend_until("filled")
    assert live.books_equal_the_account()
    assert live.desk.rows("SELECT amount FROM positions") == [("0",)]


def test_a_limit_order_rests_and_is_cancelled_when_the_desk_is_halted(live: LiveDesk) -> None:
    price = live.tick().bid
    live.place(limit=(price / 2).quantize(D("0.01")))
    live.tend_until("open")
    set_state(live, State.HALTED)
    live.tend_until("cancelled")
    assert live.exchange.account.orders("BTCUSDT")[0]["status"] == "CANCELED"
    assert live.books_equal_the_account()


def test_a_limit_price_between_two_ticks_is_never_made_worse(live: LiveDesk) -> None:
    live.place(limit=(live.tick().bid / 2).quantize(D("0.01")) + D("0.0077"))
    live.tend_until("open")
    (there,) = live.exchange.account.orders("BTCUSDT")
    assert D(there["price"]) < live.waiting()[0].order.limit_price  # type: ignore[operator]


def test_an_answer_lost_after_acceptance_is_found_by_our_id_and_never_sent_again(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="lost_reply", paths=ORDERS, count=1)
    live.place()
    live.tend_until("filled")
    assert live.events() == ["new", "sent", "unknown", "filled"]
    assert live.exchange.requests("POST", ORDERS) == 1
    assert live.books_equal_the_account()


def test_a_request_cut_on_its_way_is_proven_absent_before_anything_else_is_done(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="drop", paths=ORDERS, count=1)
    live.place()
    live.tend()
    assert live.state()[0] == "unknown"
    live.tend()
    assert live.state()[0] == "unknown", "while it may still arrive it is not given up"
    live.tend_until("cancelled")
    assert "never arrived" in live.state()[2]
    assert live.exchange.account.orders("BTCUSDT") == []


def test_an_absent_order_is_proven_so_in_an_account_where_others_trade_all_the_time(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="drop", paths=ORDERS, count=1)
    live.place()
    live.tend()
    for _ in range(40):
        live.exchange.account.buy("BTCUSDT", "0.001")
    live.exchange.fault(kind="latency", paths=ORDERS, ms=100)

    def is_concluded() -> bool:
        with suppress(RetryError):  # one round has not the time for all of them: the next goes on
            live.tend()
        return "never arrived" in live.state()[2]

    eventually(is_concluded)
    assert live.state()[0] == "cancelled"


def test_an_exit_cut_on_its_way_is_attempted_anew_and_sold_once(live: LiveDesk) -> None:
    live.place()
    live.tend_until("filled")
    live.exchange.fault(kind="drop", paths=ORDERS, count=1)
    live.place(Side.SELL, "0.00999")
    eventually(lambda: live.tend() >= 0 and not live.waiting())
    legs = live.desk.rows("SELECT leg, status, filled FROM orders WHERE leg != 'entry' ORDER BY decided_at_us")
    assert legs == [("exit", "cancelled", "0"), ("remainder", "filled", "0.00999")]
    assert live.books_equal_the_account()


def test_an_answer_that_takes_longer_than_we_wait_finds_its_order(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="latency", ms=900, paths=ORDERS, count=1)
    live.settings = live.settings.model_copy(update={"order_seconds": 0.6})
    live.place()
    live.tend()
    assert live.state()[0] == "unknown"
    live.tend_until("filled", "cancelled")
    assert len(live.exchange.account.orders("BTCUSDT")) == (1 if live.state()[0] == "filled" else 0)
    assert live.books_equal_the_account()


@pytest.mark.parametrize("kind", ["truncated", "garbage", "server_error"])
def test_an_answer_that_is_none_is_no_refusal(live: LiveDesk, kind: str) -> None:
    live.broker.open()
    live.exchange.fault(kind=kind, paths=ORDERS, count=1)
    live.place()
    live.tend()
    assert live.state()[0] == "unknown"
    live.tend_until("filled" if kind != "server_error" else "cancelled")
    assert live.books_equal_the_account()


def test_an_exchange_that_restarts_while_an_order_is_unknown_is_waited_for(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="lost_reply", paths=ORDERS, count=1)
    live.place()
    live.tend()
    live.exchange.fault(kind="drop")
    eventually(lambda: fails(live))
    eventually(lambda: fails(live))
    assert live.state()[0] == "unknown", "an exchange that can't be asked has not said that there is no order"
    live.exchange.clear()
    live.tend_until("filled")
    assert live.books_equal_the_account()


def test_a_duplicate_acknowledgement_is_booked_once(live: LiveDesk) -> None:
    live.exchange.fault(kind="twice")
    live.place()
    live.tend_until("filled")
    assert live.desk.rows("SELECT count(*) FROM trades") == [(1,)]
    assert live.books_equal_the_account()


def test_fills_listed_late_keep_the_order_open_until_they_add_up(live: LiveDesk) -> None:
    live.exchange.fault(kind="late_fills", ms=1_000)
    live.place()
    live.tend()
    assert live.state()[:2] == ("open", "0")
    live.tend_until("filled")
    assert live.books_equal_the_account()


def test_fills_in_another_order_make_the_same_books(live: LiveDesk) -> None:
    live.exchange.fault(kind="partial")
    live.place(limit=(live.tick().ask * D("1.01")).quantize(D("0.01")))
    live.tend()
    assert live.state()[:2] == ("partially_filled", "0.005")
    live.exchange.fault(kind="shuffled")
    live.exchange.fault(kind="twice")
    live.tend_until("filled", "partially_filled")
    assert live.books_equal_the_account()


def test_what_was_filled_before_a_cancel_is_booked(live: LiveDesk) -> None:
    def one_is_cancelled_with_a_part() -> bool:
        """The rest may be filled before our cancel comes; then once more."""
        set_state(live, State.ACTIVE)
        live.place(amount="0.002", limit=(live.tick().ask * D("1.0002")).quantize(D("0.01")))
        live.tend()
        set_state(live, State.HALTED)
        live.tend_until("cancelled", "filled")
        assert live.books_equal_the_account()
        return live.state()[:2] == ("cancelled", "0.001")

    live.exchange.fault(kind="partial")
    eventually(one_is_cancelled_with_a_part)


def test_half_of_an_order_at_the_market_is_booked_and_the_rest_is_over(live: LiveDesk) -> None:
    live.exchange.fault(kind="partial")
    live.place()
    live.tend_until("cancelled")
    assert live.state()[1] == "0.005"
    assert live.books_equal_the_account()


def test_a_cancel_whose_answer_is_lost_is_looked_at_again(live: LiveDesk) -> None:
    live.place(limit=(live.tick().bid / 2).quantize(D("0.01")))
    live.tend_until("open")
    set_state(live, State.HALTED)
    (waiting,) = live.waiting()
    live.exchange.fault(kind="lost_reply", paths=ORDERS)
    with pytest.raises(RetryError):
        live.broker.cancel(live.desk.database, waiting, "stop", now_us(), live.running.lease)
    live.exchange.clear()
    live.tend_until("cancelled")


def test_a_process_that_lost_its_strategy_takes_no_order_back(live: LiveDesk) -> None:
    live.place(limit=(live.tick().bid / 2).quantize(D("0.01")))
    live.tend_until("open")
    (waiting,) = live.waiting()
    before = live.running.lease
    live.claim("b")
    with pytest.raises(RetryError, match="not sent: one belongs to b now"):
        live.broker.cancel(live.desk.database, waiting, "stop", now_us(), before)
    assert live.exchange.requests("DELETE", ORDERS) == 0


def test_insufficient_funds_are_a_refusal_with_the_exchanges_words(live: LiveDesk) -> None:
    live.place(amount="50")
    live.tend()
    status, _, reason = live.state()
    assert status == "rejected"
    assert "insufficient balance" in reason


def test_an_order_the_market_does_not_take_is_rejected(live: LiveDesk) -> None:
    live.place(amount="0.00001")
    live.tend()
    assert live.state()[0] == "rejected"
    live.place(amount="0.0100000001")
    live.tend()
    assert live.state()[0] == "rejected"
    assert live.exchange.requests("POST", ORDERS) == 1, "the second is not even sent"


def test_an_order_under_an_id_that_is_there_already_is_looked_up(live: LiveDesk) -> None:
    order = live.place(limit=(live.tick().bid / 2).quantize(D("0.01")))
    live.tend_until("open")
    (waiting,) = live.waiting()
    lease = live.running.lease
    until = live.broker.sent_until_ms(lease)
    again = live.broker.send(type(waiting)(order, Status.SENT, sent_until_ms=until), lease)
    assert again is not None
    assert again.status is Status.UNKNOWN


def test_a_clock_an_hour_off_takes_no_entry_and_lets_an_exit_out(live: LiveDesk) -> None:
    live.place()
    live.tend_until("filled")
    live.exchange.fault(kind="clock_offset", ms=3_600_000)
    taken = live.another()
    taken.place()
    taken.tend()
    assert taken.state()[0] == "cancelled"
    assert "clock is +3" in taken.state()[2]
    taken.place(Side.SELL, "0.00999")
    taken.tend_until("filled")
    live.exchange.clear()
    assert taken.books_equal_the_account()
    taken.broker.close()


def test_a_clock_that_jumps_while_we_trade_is_measured_again(live: LiveDesk) -> None:
    live.place()
    live.tend_until("filled")
    live.exchange.fault(kind="clock_offset", ms=-3_600_000)
    live.place(Side.SELL, "0.00999")
    eventually(lambda: live.tend() >= 0 and not live.waiting())
    legs = live.desk.rows("SELECT leg, status FROM orders WHERE leg != 'entry' ORDER BY decided_at_us")
    assert legs == [("exit", "rejected"), ("remainder", "filled")], "an exit is not lost for a clock"
    live.exchange.clear()
    assert live.books_equal_the_account()


def test_nothing_leaves_once_another_has_the_strategy(live: LiveDesk) -> None:
    live.place()
    live.broker.open()
    (waiting,) = live.waiting()
    lease, until = live.running.lease, live.broker.sent_until_ms(live.running.lease)
    live.desk.claim("b")
    report = live.broker.send(type(waiting)(waiting.order, Status.SENT, sent_until_ms=until), lease)
    assert report is not None
    assert (report.status, report.reason) == (Status.CANCELLED, "not sent: one belongs to b now")
    with pytest.raises(LeaseLostError):
        live.tend()
    assert live.exchange.requests("POST", ORDERS) == 0


def test_nothing_leaves_that_would_be_valid_longer_than_the_lease(live: LiveDesk) -> None:
    live.place()
    live.claim("a", seconds=1.2)
    with pytest.raises(RetryError, match=r"raise trader.lease_seconds"):
        live.tend()
    assert live.state()[0] == "new"


def test_an_entry_is_held_back_when_the_desk_is_halted_at_the_last_moment(live: LiveDesk) -> None:
    live.place()
    live.broker.open()
    (waiting,) = live.waiting()
    until = live.broker.sent_until_ms(live.running.lease)
    set_state(live, State.HALTED)
    report = live.broker.send(type(waiting)(waiting.order, Status.SENT, sent_until_ms=until), live.running.lease)
    assert report is not None
    assert report.status is Status.CANCELLED
    assert "halted by the operator: lunch" in report.reason
    assert live.exchange.requests("POST", ORDERS) == 0


def test_a_new_owner_looks_up_what_the_old_one_sent_and_adopts_it(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="lost_reply", paths=ORDERS, count=1)
    live.place()
    live.tend()
    taken = live.another()
    taken.tend_until("filled")
    assert live.exchange.requests("POST", ORDERS) == 1
    assert taken.books_equal_the_account()
    taken.broker.close()


def test_a_new_owner_waits_until_what_was_sent_can_no_longer_arrive(live: LiveDesk) -> None:
    live.place()
    (waiting,) = live.waiting()
    until = live.broker.sent_until_ms(live.running.lease)
    with live.desk.database.write() as connection:
        ledger.mark_sent(connection, waiting, until, live.running.lease.token, now_us())
    taken = live.another()
    taken.tend()
    assert taken.state()[0] == "sent"
    taken.tend_until("cancelled")
    assert live.broker.open().client.now() > until
    taken.broker.close()


def test_too_many_requests_is_no_answer_about_an_order(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="rate_limit", paths=ORDERS, count=1)
    live.place()
    live.tend()
    assert live.state()[0] == "unknown"
