"""Exits, stops, flattening and entries that meet each other, on a real database."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import candles, ledger
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings
from shared.errors import RetryError, StrategyError
from shared.market import Frame
from shared.trading import (
    DESK,
    Fill,
    Kind,
    Lease,
    OpenOrder,
    Order,
    Position,
    Report,
    Side,
    Signal,
    State,
    StateRow,
    Status,
    buy,
    client_order_id,
)
from tests.integration.trader.desk import MARKET, PATIENT, Desk, Flip, open_desk
from trader.broker import Broker
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.running import Running
from trader.tending import tend_orders, watch_position

PAPER = PaperBroker(PaperSettings(slippage=D(0), fee=D(0), latency_ms=0))
FREE = RiskSettings()


class Scripted(PaperBroker):
    """An exchange that answers what it is told to; an order without an answer stays as it is."""

    def __init__(self) -> None:
        super().__init__(PaperSettings())
        self.answers: dict[str, Report | None] = {}
        self.sent: list[OpenOrder] = []

    def sent_until_ms(self, lease: object) -> int:
        return 0

    def send(self, waiting: OpenOrder, lease: object) -> Report | None:
        self.sent.append(waiting)
        return self._answer(waiting)

    def look(self, database: object, waiting: OpenOrder, now_us: int, until_us: int) -> Report | None:
        return self._answer(waiting)

    def cancel(self, database: object, waiting: OpenOrder, reason: str, now_us: int, lease: Lease) -> Report | None:
        return self._answer(waiting)

    def _answer(self, waiting: OpenOrder) -> Report | None:
        return self.answers.get(waiting.order.client_order_id)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    opened.tick("100", "100")
    yield opened
    opened.database.close()


@pytest.fixture
def running(desk: Desk) -> Running:
    return replace(desk.running(desk.claim("a")), broker="live")


def place(
    desk: Desk, candle: int, side: Side, amount: str, limit: str | None = None, signal: Signal | None = None
) -> Order:
    """Commit a signal and its order, as a decision does."""
    leg = "entry" if side is Side.BUY else "exit"
    order = Order(
        client_order_id=client_order_id("one", candle, leg),  # type: ignore[arg-type]
        strategy_id="one",
        candle=candle,
        leg=leg,  # type: ignore[arg-type]
        attempt=1,
        exchange="binance",
        symbol="BTC/USDT",
        side=side,
        amount=D(amount),
        decided_at_us=now_us(),
        kind=Kind.LIMIT if limit else Kind.MARKET,
        limit_price=D(limit) if limit else None,
        broker="live",
    )
    told = {"price": 100.0, "outcome": "ordered", "lease_token": 1, "now_us": now_us()}
    with desk.database.write() as connection:
        ledger.record(connection, "one", candle, signal or Signal(side), **told)  # type: ignore[arg-type]
        ledger.place(connection, order, 1)
    return order


def filled(order: Order, amount: str, number: int = 1) -> Fill:
    return Fill(
        trade_id=f"{order.client_order_id[:8]}-{number}",
        side=order.side,
        amount=D(amount),
        price=D(100),
        fee=D(0),
        fee_asset="USDT",
        executed_at_us=now_us(),
        base="BTC",
        quote="USDT",
    )


def tend(desk: Desk, running: Running, broker: Broker) -> int:
    return tend_orders(desk.database, running, PATIENT, broker, FREE)


def holding(desk: Desk, running: Running, broker: Scripted, amount: str = "1", signal: Signal | None = None) -> None:
    """An entry is filled."""
    order = place(desk, 1_000, Side.BUY, amount, signal=signal)
    broker.answers[order.client_order_id] = Report(Status.FILLED, (filled(order, amount),))
    tend(desk, running, broker)
    assert desk.rows("SELECT amount FROM positions") == [(amount,)]


def orders(desk: Desk, *names: str) -> list[tuple[object, ...]]:
    return desk.rows(f"SELECT {', '.join(names)} FROM orders WHERE leg != 'entry' ORDER BY candle, leg, attempt")


def flatten(desk: Desk) -> None:
    with desk.database.write() as connection:
        ledger.set_state(connection, StateRow(DESK, State.HALTED, "operator", "flatten"), now_us())
        ledger.request_flatten(connection, "one", "flatten", now_us())


def requests(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows("SELECT status FROM operator_requests")


def test_flat_is_not_said_while_an_entry_may_yet_be_filled(desk: Desk, running: Running) -> None:
    broker = Scripted()
    entry = place(desk, 1_000, Side.BUY, "1")
    broker.answers[entry.client_order_id] = Report(Status.UNKNOWN, reason="timeout")
    tend(desk, running, broker)
    flatten(desk)
    watch_position(desk.database, running, broker, FREE)
    assert requests(desk) == [("open",)]
    broker.answers[entry.client_order_id] = Report(Status.FILLED, (filled(entry, "1"),))
    tend(desk, running, broker)
    closing = watch_position(desk.database, running, broker, FREE)
    assert closing is not None
    assert (closing.leg, closing.amount) == ("flatten", D(1))
    broker.answers[closing.client_order_id] = Report(Status.FILLED, (filled(closing, "1"),))
    tend(desk, running, broker)
    assert requests(desk) == [("done",)]


def test_an_unanswered_entry_that_is_looked_at_does_not_end_a_flatten(desk: Desk, running: Running) -> None:
    broker = Scripted()
    entry = place(desk, 1_000, Side.BUY, "1")
    tend(desk, running, broker)
    flatten(desk)
    broker.answers[entry.client_order_id] = Report(Status.OPEN, exchange_order_id="7")
    tend(desk, running, broker)
    assert requests(desk) == [("open",)]
    broker.answers[entry.client_order_id] = Report(Status.CANCELLED, reason="halted")
    tend(desk, running, broker)
    assert requests(desk) == [("done",)]


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.REJECTED])
def test_an_exit_that_came_to_nothing_is_attempted_anew_under_an_id_of_its_own(
    desk: Desk, running: Running, status: Status
) -> None:
    broker = Scripted()
    holding(desk, running, broker)
    exit_ = place(desk, 2_000, Side.SELL, "1")
    broker.answers[exit_.client_order_id] = Report(status, reason="not sent: it waited too long for its turn")
    tend(desk, running, broker)
    assert orders(desk, "leg", "attempt", "amount", "status") == [
        ("exit", 1, "1", status.value),
        ("remainder", 1, "1", "new"),
    ]
    again = client_order_id("one", 2_000, "remainder")
    broker.answers[again] = Report(Status.FILLED, (filled(replace(exit_, client_order_id=again), "1"),))
    tend(desk, running, broker)
    assert desk.rows("SELECT amount FROM positions") == [("0",)]


def test_an_exit_that_keeps_being_refused_is_not_sent_all_the_time(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker)
    exit_ = place(desk, 2_000, Side.SELL, "1")
    for attempt in range(1, 9):
        broker.answers[client_order_id("one", 2_000, "remainder", attempt)] = Report(Status.REJECTED, reason="no")
    broker.answers[exit_.client_order_id] = Report(Status.REJECTED, reason="no")
    for _ in range(20):
        tend(desk, running, broker)
    assert [waiting.order.leg for waiting in broker.sent] == ["entry", "exit", "remainder"]
    assert orders(desk, "leg", "attempt", "status")[-1] == ("remainder", 2, "new")


def test_a_flatten_does_not_wait_for_an_exit_that_pauses(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker)
    exit_ = place(desk, 2_000, Side.SELL, "1")
    for each in (exit_.client_order_id, client_order_id("one", 2_000, "remainder")):
        broker.answers[each] = Report(Status.REJECTED, reason="no")
    for _ in range(4):
        tend(desk, running, broker)
    flatten(desk)
    closing = watch_position(desk.database, running, broker, FREE)
    assert closing is not None
    broker.answers[closing.client_order_id] = Report(Status.FILLED, (filled(closing, "1"),))
    tend(desk, running, broker)
    assert requests(desk) == [("done",)]
    with desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET decided_at_us = 1 WHERE status = 'new'")
    tend(desk, running, broker)
    assert orders(desk, "leg", "attempt", "status", "reason")[-1] == (
        ("remainder", 2, "cancelled", "the position is less by now")
    )
    assert desk.rows("SELECT amount FROM positions") == [("0",)]


def test_an_exit_that_a_later_one_overtakes_never_sells_below_its_limit(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker)
    first = place(desk, 2_000, Side.SELL, "1", limit="120")
    broker.answers[first.client_order_id] = Report(Status.OPEN)
    tend(desk, running, broker)
    broker.answers[first.client_order_id] = Report(Status.PARTIALLY_FILLED, (filled(first, "0.4"),))
    tend(desk, running, broker)
    second = place(desk, 3_000, Side.SELL, "0.6", limit="110")
    broker.answers[second.client_order_id] = Report(Status.OPEN)
    broker.answers[first.client_order_id] = Report(Status.CANCELLED, (filled(first, "0.4"),), "overtaken")
    tend(desk, running, broker)
    assert orders(desk, "leg", "kind", "status") == [
        ("exit", "limit", "cancelled"),
        ("exit", "limit", "open"),
    ]


def test_a_stop_does_not_sell_what_another_exit_sold_meanwhile(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker, signal=buy(stop="99"))
    resting = place(desk, 2_000, Side.SELL, "1", limit="120")
    broker.answers[resting.client_order_id] = Report(Status.OPEN)
    tend(desk, running, broker)
    desk.tick("98", "98")
    stop = watch_position(desk.database, running, broker, FREE)
    assert stop is not None
    broker.answers[resting.client_order_id] = Report(Status.CANCELLED, (filled(resting, "0.7"),), "overtaken")
    tend(desk, running, broker)
    assert stop.client_order_id not in [waiting.order.client_order_id for waiting in broker.sent]
    assert ("stop", "cancelled", "the position is less by now") in orders(desk, "leg", "status", "reason")
    with desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET decided_at_us = decided_at_us - 2000000 WHERE leg = 'stop'")
    again = watch_position(desk.database, running, broker, FREE)
    assert again is not None
    assert (again.leg, again.attempt, again.amount) == ("stop", 2, D("0.3"))


def test_what_is_closed_piece_by_piece_is_closed_without_a_pause(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker)
    with desk.database.write() as connection:
        candles.save_markets(connection, [replace(MARKET, maximum_amount=D("0.25"))], now_us())
    flatten(desk)
    for _ in range(4):
        piece = watch_position(desk.database, running, broker, FREE)
        assert piece is not None
        assert piece.amount == D("0.25")
        broker.answers[piece.client_order_id] = Report(Status.FILLED, (filled(piece, "0.25"),))
        tend(desk, running, broker)
    assert requests(desk) == [("done",)]


def test_a_stop_waits_a_little_until_another_exit_is_taken_back(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker, signal=buy(stop="99"))
    resting = place(desk, 2_000, Side.SELL, "1", limit="120")
    broker.answers[resting.client_order_id] = Report(Status.OPEN)
    tend(desk, running, broker)
    desk.tick("98", "98")
    stop = watch_position(desk.database, running, broker, FREE)
    assert stop is not None
    tend(desk, running, broker)  # the exchange does not take the other one back
    assert ("stop", "new") in orders(desk, "leg", "status")
    with desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET decided_at_us = decided_at_us - 10000000 WHERE leg = 'stop'")
    tend(desk, running, broker)
    assert ("stop", "sent") in orders(desk, "leg", "status"), "and is not held up by it for good"


def test_a_second_entry_without_a_stop_leaves_the_first_ones_in_force(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker, signal=buy(stop="90", take_profit="150"))
    more = place(desk, 2_000, Side.BUY, "1", signal=buy(take_profit="160"))
    broker.answers[more.client_order_id] = Report(Status.FILLED, (filled(more, "1"),))
    tend(desk, running, broker)
    assert desk.rows("SELECT candle, stop_price, take_profit FROM protections") == [(2_000, "90", "160")]


def test_what_is_worth_too_little_to_be_sold_is_as_flat_as_it_gets(desk: Desk, running: Running) -> None:
    broker = Scripted()
    holding(desk, running, broker, "0.04")  # worth 4, the market takes 5
    flatten(desk)
    assert watch_position(desk.database, running, broker, FREE) is None
    assert requests(desk) == [("done",)]
    assert orders(desk, "leg") == []


class Rude(Flip):
    """Says what is no text."""

    def decide(self, frame: Frame, position: Position) -> Signal:
        return buy(reason="half a pair \ud800 and a nul \0")


def test_a_reason_that_is_no_text_is_kept_as_far_as_it_is(desk: Desk) -> None:
    decide_candle(desk.database, desk.running(desk.claim("a"), Rude()), 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT reason FROM signals") == [("half a pair ? and a nul ?",)]


class Panic(BaseException):
    """What compiled code raises (PyO3's PanicException is no Exception)."""


class Unspeakable:
    """What can't even be shown."""

    def __repr__(self) -> str:
        raise ValueError("no")


class Terrible(Flip):
    """Fails in a way of its own."""

    def __init__(self, failure: object) -> None:
        super().__init__()
        self.failure = failure

    def decide(self, frame: Frame, position: Position) -> Signal:
        if isinstance(self.failure, BaseException):
            raise self.failure
        return self.failure  # type: ignore[return-value]


@pytest.mark.parametrize("failure", [Panic("lost"), Unspeakable(), ValueError("\ud800"), SystemExit(1)])
def test_however_a_strategy_fails_it_is_its_own_error_and_can_be_kept(desk: Desk, failure: object) -> None:
    running = desk.running(desk.claim("a"), Terrible(failure))
    with pytest.raises(StrategyError, match="one failed") as told:
        decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    with desk.database.write() as connection:
        ledger.set_state(connection, StateRow("one", State.HALTED, "strategy", str(told.value)), now_us())


def test_an_exchange_that_cannot_be_asked_does_not_end_an_exit(desk: Desk, running: Running) -> None:
    class Away(Scripted):
        def look(self, database: object, waiting: OpenOrder, now_us: int, until_us: int) -> Report | None:
            raise RetryError("away")

    broker = Away()
    holding(desk, running, broker)
    place(desk, 2_000, Side.SELL, "1")
    tend(desk, running, broker)
    with pytest.raises(RetryError):
        tend(desk, running, broker)
    assert orders(desk, "leg", "status") == [("exit", "sent")]
