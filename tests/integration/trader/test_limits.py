"""Limits that look at more than one strategy, and states, on a real database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from threading import Barrier

import pytest

from shared import candles, ledger
from shared.clock import now_us
from shared.config import PaperSettings, RiskSettings
from shared.database import Database, open_database
from shared.flag import flag_file
from shared.market import Frame, Market, Ticker
from shared.trading import DESK, Position, Side, Signal, State, StateRow, target
from tests.integration.trader.desk import PATIENT, Desk, Flip, open_desk
from tests.integration.trader.limited import (
    FREE,
    PAPER,
    another,
    bought,
    decided,
    outcomes,
)
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.situation import barred, look_around
from trader.tending import tend_orders


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    yield opened
    opened.database.close()


def test_orders_of_the_last_minute_count_for_the_strategy_and_for_the_desk(desk: Desk) -> None:
    once = RiskSettings(orders_per_minute=1)
    bought(desk)
    two = another(desk)
    decided(two, once)
    assert outcomes(desk) == ["ordered", "ordered"]
    three = another(desk, "three")
    decided(three, FREE, once)
    assert outcomes(desk)[1] == "refused: the desk's orders_per_minute: 2 within the last minute"


def test_exits_are_read_for_the_guards(desk: Desk) -> None:
    running = bought(desk)
    desk.close_candles([4_000])
    decide_candle(desk.database, running, 4_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.00")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    cooling = RiskSettings(cooldown_minutes=5)
    decided(desk, cooling, candle=5_000)
    decided(another(desk), FREE, cooling, candle=5_000)
    assert [str(each).split(";")[0] for each in outcomes(desk)[2:]] == [
        "refused: cooldown_minutes after an exit",
        "refused: the desk's cooldown_minutes after an exit",
    ]


def test_the_desks_exposure_counts_what_others_hold_and_what_is_on_its_way(desk: Desk) -> None:
    bought(desk)  # worth 9,890
    whole = RiskSettings(max_exposure=D(12_000))
    decided(another(desk), FREE, whole)
    decided(another(desk, "three"), FREE, whole)
    assert str(outcomes(desk)[2]).startswith("ordered, cut from 98.90109 to 21.")
    assert "the desk's max_exposure 12000 leaves room for" in str(outcomes(desk)[1])


def test_two_entries_let_in_at_the_same_moment_do_not_fill_the_desk_twice(desk: Desk) -> None:
    whole = RiskSettings(max_exposure=D(12_000))
    desk.tick("100.00", "100.00")
    one, two = decided(desk), decided(another(desk))  # each let in as if the other were not there
    desk.tick("100.00", "100.00")
    for running in (one, two):
        tend_orders(desk.database, running, PATIENT, PAPER, whole)
    assert [status for (status,) in desk.rows("SELECT status FROM orders ORDER BY decided_at_us")] == [
        "cancelled",
        "filled",
    ]


def test_live_and_paper_money_are_not_added_up(desk: Desk) -> None:
    bought(desk)
    with desk.database.read() as connection:
        everything = ledger.held(connection), ledger.entering(connection)
        assert ledger.on_the_desk(*everything, "paper", "BTC/USDT")[0] > 98
        assert sum(ledger.on_the_desk(*everything, "live", "BTC/USDT")) == 0


def test_a_position_without_any_price_counts_with_what_it_cost(desk: Desk) -> None:
    bought(desk)
    with desk.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM ticker_data")
        (held,) = ledger.held(connection)
    assert held.worth == held.cost > 9_800


def test_a_state_set_between_the_decision_and_the_commit_stops_the_entry(desk: Desk) -> None:
    class HaltedMeanwhile(Flip):
        def decide(self, frame: Frame, position: Position) -> Signal:
            with desk.database.write() as connection:
                ledger.set_state(connection, StateRow(DESK, State.HALTED, "operator", "fire"), now_us())
            return super().decide(frame, position)

    running = desk.running(desk.claim("a"), HaltedMeanwhile())
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert outcomes(desk) == ["refused: halted by the operator: fire"]
    assert desk.rows("SELECT count(*) FROM orders") == [(0,)]


def test_an_order_is_looked_at_again_in_the_transaction_that_sends_it(desk: Desk) -> None:
    flag = flag_file(desk.path.parent)
    running = replace(decided(desk), flag=flag)
    with desk.database.read() as connection:
        (waiting,) = ledger.open_orders(connection, "one")
    flag.write_text("reducing while the exchange is odd")
    with desk.database.write_as("one") as connection:
        assert barred(connection, running, waiting.order) == (
            f"reducing by the operator: while the exchange is odd (file {flag})"
        )
        assert barred(connection, running, replace(waiting.order, leg="exit")) is None


@pytest.mark.parametrize(("word", "status"), [("reducing", "cancelled"), ("halted", "cancelled")])
def test_a_flag_file_lets_go_of_entries_that_wait_and_of_no_exit(desk: Desk, word: str, status: str) -> None:
    flag = flag_file(desk.path.parent)
    running = replace(decided(desk), flag=flag)
    flag.write_text(word)
    desk.tick("100.00", "100.00")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    assert desk.rows("SELECT status FROM orders") == [(status,)]


def test_a_halted_strategy_still_closes_what_it_holds(desk: Desk) -> None:
    running = replace(bought(desk), flag=flag_file(desk.path.parent))
    (desk.path.parent / "HALT").touch()
    desk.close_candles([4_000])
    decide_candle(desk.database, running, 4_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.00")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    assert desk.rows("SELECT leg, status FROM orders ORDER BY candle")[-1] == ("exit", "filled")


def test_without_limits_nothing_more_is_read_than_the_books(desk: Desk) -> None:
    running, statements = desk.running(desk.claim("a")), []
    from sqlalchemy import event

    event.listen(desk.database.reader, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with desk.database.read() as connection:
        look_around(connection, running, 100.0, PAPER.costs, FREE, now_us())
    assert not [each for each in statements if "risk_marks" in each or "FROM trades" in each]


def test_a_ticker_from_another_market_is_no_mark(desk: Desk) -> None:
    bought(desk)
    with desk.database.write() as connection:
        at = now_us()
        candles.save_tickers(connection, [Ticker("binance", "ETH/USDT", at // 1000, D(1), D(1), D(1), at)])
        (held,) = ledger.held(connection)
    assert held.bid == 100


def test_an_exit_that_was_missed_while_nobody_looked_is_made_up_for_and_an_entry_is_not(desk: Desk) -> None:
    running = bought(desk)
    desk.close_candles([4_000, 5_000, 6_000])
    decide_candle(desk.database, running, 4_000, PATIENT, PAPER, FREE, newest=False)
    desk.tick("100.00", "100.00")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    decide_candle(desk.database, running, 5_000, PATIENT, PAPER, FREE, newest=False)
    assert outcomes(desk) == ["ordered", "ordered", "refused: a newer candle is known"]


class Sloppy(Flip):
    """Decides nonsense."""

    def decide(self, frame: Frame, position: Position) -> Signal:
        return Signal(Side.BUY, D("NaN"), "why not")


def test_nonsense_is_kept_with_the_reason_it_was_refused_for(desk: Desk) -> None:
    running = desk.running(desk.claim("a"), Sloppy())
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT side, reason, outcome FROM signals") == [
        ("buy", "why not", "refused: its size is NaN: a fraction above 0 and up to 1 is meant")
    ]


class Targeting(Flip):
    """Wants half of its equity in the market."""

    def decide(self, frame: Frame, position: Position) -> Signal:
        return target("0.5", "half")


def test_a_target_is_kept_with_the_side_that_follows_from_it(desk: Desk) -> None:
    running = desk.running(desk.claim("a"), Targeting())
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    assert desk.rows("SELECT side, target, outcome FROM signals") == [("buy", "0.5", "ordered")]
    assert desk.rows("SELECT side, amount FROM orders") == [("buy", "50")]


class AllAtOnce(PaperBroker):
    """Everybody has looked around before anybody goes on to order."""

    def __init__(self, barrier: Barrier) -> None:
        super().__init__(PaperSettings(slippage=D(0), fee=D("0.001")))
        self._barrier = barrier

    def costs(self, market: Market | None) -> D:
        self._barrier.wait(timeout=30)
        return super().costs(market)


def test_replicas_that_decide_at_the_same_instant_keep_to_the_desks_orders_a_minute(desk: Desk) -> None:
    desks = [desk, *(another(desk, f"s{n}") for n in range(5))]
    whole, broker = RiskSettings(orders_per_minute=2), AllAtOnce(Barrier(len(desks)))
    databases = [open_database(f"sqlite:///{desk.path}") for _ in desks]

    def replica(each: Desk, database: Database) -> None:
        running = each.running(each.claim("a"))
        decide_candle(database, running, 3_000, PATIENT, broker, whole, newest=True)

    try:
        with ThreadPoolExecutor(len(desks)) as threads:
            for done in [threads.submit(replica, *pair) for pair in zip(desks, databases, strict=True)]:
                done.result()
    finally:
        for database in databases:
            database.close()
    refused = "refused: the desk's orders_per_minute: 2 within the last minute"
    assert sorted(map(str, outcomes(desk))) == ["ordered", "ordered", *[refused] * 4]
    assert desk.rows("SELECT count(*) FROM orders") == [(2,)]
    assert desk.rows("SELECT count(*) FROM strategy_cursors") == [(6,)]
