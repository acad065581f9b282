from dataclasses import dataclass
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RepairError
from shared.trading import Fill, OpenOrder, Order, Side, Status
from trader.live.reading import may_arrive, told

ORDER = Order("a" * 32, "one", 1_000, "entry", 1, "binance", "BTC/USDT", Side.BUY, D(2), 0, broker="live")


@dataclass(frozen=True)
class Seen:
    status: Status | None
    filled: D = D(0)
    id: str = "77"
    updated_ms: int = 0


def fill(number: int, amount: str = "1") -> Fill:
    return Fill(f"t{number}", Side.BUY, D(amount), D(100), D(0), "USDT", number, "BTC", "USDT")


def test_an_order_is_filled_when_its_fills_add_up() -> None:
    report = told(OpenOrder(ORDER, Status.SENT), Seen(Status.FILLED, D(2)), (fill(1), fill(2)), "", 0)
    assert report is not None
    assert (report.status, len(report.fills), report.exchange_order_id) == (Status.FILLED, 2, "77")


def test_while_fills_lack_it_is_not_done_whatever_the_exchange_says() -> None:
    for status in (Status.FILLED, Status.CANCELLED):
        report = told(OpenOrder(ORDER, Status.SENT), Seen(status, D(2)), (fill(1),), "", 59_000)
        assert report is not None
        assert report.status is Status.PARTIALLY_FILLED


def test_an_order_that_ends_with_less_than_was_wanted_is_a_cancelled_one_with_a_part() -> None:
    report = told(OpenOrder(ORDER, Status.SENT), Seen(Status.FILLED, D("1.9")), (fill(1, "1.9"),), "", 0)
    assert report is not None
    assert (report.status, report.reason) == (Status.CANCELLED, "ended by the exchange")


def test_fills_that_lack_for_a_minute_are_somebodys_business() -> None:
    with pytest.raises(RepairError, match="says 2 are filled and lists trades of 1"):
        told(OpenOrder(ORDER, Status.OPEN), Seen(Status.FILLED, D(2)), (fill(1),), "", 61_000)


def test_an_acknowledgement_without_a_state_is_an_open_order() -> None:
    report = told(OpenOrder(ORDER, Status.SENT), Seen(None), (), "", 0)
    assert report is not None
    assert report.status is Status.OPEN


def test_what_is_known_already_is_no_news() -> None:
    waiting = OpenOrder(ORDER, Status.PARTIALLY_FILLED, D(1), "77")
    assert told(waiting, Seen(Status.PARTIALLY_FILLED, D(1)), (fill(1),), "", 0) is None


def test_a_cancelled_order_keeps_its_part_and_the_reason() -> None:
    report = told(
        OpenOrder(ORDER, Status.OPEN, exchange_order_id="77"), Seen(Status.CANCELLED, D(1)), (fill(1),), "halted", 0
    )
    assert report is not None
    assert (report.status, report.reason, len(report.fills)) == (Status.CANCELLED, "halted", 1)


@given(filled=st.integers(0, 4), listed=st.integers(0, 4), status=st.sampled_from([*list(Status)[2:], None]))
def test_no_order_is_ever_done_with_less_than_the_exchange_filled(
    filled: int, listed: int, status: Status | None
) -> None:
    fills = tuple(fill(number) for number in range(listed))
    report = told(OpenOrder(ORDER, Status.SENT), Seen(status, D(filled)), fills, "", 0)
    if report and report.status.is_done:
        assert sum(each.amount for each in report.fills) >= filled


def test_a_request_may_arrive_until_a_moment_after_its_validity() -> None:
    waiting = OpenOrder(ORDER, Status.SENT, sent_until_ms=10_000)
    assert may_arrive(waiting, 11_000)
    assert not may_arrive(waiting, 11_001)
