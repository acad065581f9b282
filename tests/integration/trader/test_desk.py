"""The watch over losses, on a real database."""

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from console.halt import resume
from shared import ledger
from shared.clock import now_us
from shared.config import ExchangeSettings, Paths, RiskSettings, Settings
from shared.trading import DESK, State, StateRow
from tests.integration.trader.desk import Desk, open_desk
from tests.integration.trader.limited import (
    DAY,
    FREE,
    LOG,
    NOON,
    STRICT,
    another,
    bought,
    decided,
    outcomes,
    priced,
)
from trader.desk import DeskWatch, moves, watch


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    yield opened
    opened.database.close()


def looked(
    desk: Desk, at_us: int, limits: RiskSettings | None = STRICT, whole: RiskSettings | None = None
) -> list[str]:
    """What a watch changes."""
    with desk.database.write() as connection:
        changed = watch(connection, {"one": limits} if limits else {}, whole, at_us)
    return [f"{row.scope} {row.state.value}" for row in changed]


def test_a_days_loss_reduces_a_strategy_and_a_drawdown_halts_it(desk: Desk) -> None:
    bought(desk)
    assert looked(desk, NOON) == []
    priced(desk, "94.00")
    assert looked(desk, NOON + 1_000_000) == ["one reducing"]
    assert looked(desk, NOON + 2_000_000) == []  # said once
    priced(desk, "79.00")
    assert looked(desk, NOON + 3_000_000) == ["one halted"]
    with desk.database.read() as connection:
        row = ledger.state_of(connection, "one")
    assert (row.source, row.state) == ("risk", State.HALTED)
    assert row.reason.startswith("max_drawdown 20.00%: 20.")


def test_a_new_day_lifts_nothing_by_itself(desk: Desk) -> None:
    bought(desk)
    looked(desk, NOON)
    priced(desk, "94.00")
    looked(desk, NOON + 1_000_000)
    assert looked(desk, NOON + DAY) == []
    with desk.database.read() as connection:
        assert ledger.state_of(connection, "one").state is State.REDUCING
        mark = ledger.mark(connection, "one")
    assert mark is not None
    assert mark.day_equity == mark.equity


def test_what_the_operator_resumes_counts_from_now_and_is_not_tripped_at_once(desk: Desk) -> None:
    bought(desk)
    looked(desk, NOON)
    priced(desk, "70.00")
    assert looked(desk, NOON + 1_000_000) == ["one halted"]
    settings = Settings(paths=Paths(data=desk.path.parent), exchanges={"binance": ExchangeSettings()})
    resume(settings, "one")
    assert looked(desk, NOON + 2_000_000) == []
    priced(desk, "66.00")
    assert looked(desk, NOON + 3_000_000) == ["one reducing"]


def test_the_desk_is_tripped_by_the_sum_of_all_strategies(desk: Desk) -> None:
    another(desk)
    bought(desk)
    whole = RiskSettings(max_daily_loss=D("0.05"))
    assert looked(desk, NOON, None, whole) == []
    priced(desk, "92.00")  # 8 % of one half
    assert looked(desk, NOON + 1_000_000, None, whole) == []
    priced(desk, "88.00")
    assert looked(desk, NOON + 2_000_000, None, whole) == ["* reducing"]
    with desk.database.read() as connection:
        assert ledger.state_of(connection, DESK).reason.startswith("paper/USDT: max_daily_loss 5.00%: ")


def test_the_cash_of_a_new_strategy_hides_no_loss(desk: Desk) -> None:
    bought(desk)
    whole = RiskSettings(max_daily_loss=D("0.05"))
    assert looked(desk, NOON, None, whole) == []
    another(desk, cash="1000000")
    priced(desk, "94.00")
    assert looked(desk, NOON + 1_000_000, None, whole) == []
    with desk.database.read() as connection:
        mark = ledger.mark(connection, ledger.desk_scope("paper", "USDT"))
    assert mark is not None
    assert mark.day_equity - mark.equity == D("593.40654")  # 98.90109 at 94 instead of 100
    assert mark.paid_in == 1_010_000


def test_another_process_that_was_here_just_now_has_done_it(desk: Desk) -> None:
    bought(desk)
    looked(desk, NOON)
    priced(desk, "70.00")
    assert looked(desk, NOON + 400_000) == []
    assert looked(desk, NOON + 500_000) == ["one halted"]


def test_a_stamp_from_a_clock_that_was_set_back_since_keeps_nobody_from_looking(desk: Desk) -> None:
    bought(desk)
    looked(desk, NOON)
    priced(desk, "70.00")
    assert looked(desk, NOON - 3_600_000_000) == ["one halted"]


def test_the_operators_halt_keeps_its_reason(desk: Desk) -> None:
    bought(desk)
    looked(desk, NOON)
    with desk.database.write() as connection:
        ledger.set_state(connection, StateRow("one", State.HALTED, "operator", "lunch"), now_us())
    priced(desk, "70.00")
    assert looked(desk, NOON + 1_000_000) == []
    with desk.database.read() as connection:
        assert ledger.state_of(connection, "one").reason == "lunch"


def test_a_trader_watches_once_a_second_and_writes_only_what_has_moved(desk: Desk) -> None:
    bought(desk)
    watched = {"one": STRICT}
    with desk.database.write() as connection:
        assert [has_moved for _, has_moved in moves(connection, watched, None, NOON)] == [True]
        watch(connection, watched, None, NOON)
        assert moves(connection, watched, None, NOON + 400_000) == []  # another was here just now
        assert [has_moved for _, has_moved in moves(connection, watched, None, NOON + 1_000_000)] == [False]
    priced(desk, "99.00")
    with desk.database.read() as connection:
        assert [has_moved for _, has_moved in moves(connection, watched, None, NOON + 1_000_000)] == [True]


def test_the_first_look_of_a_trader_trips_what_is_beyond_a_limit_that_was_set_meanwhile(desk: Desk) -> None:
    bought(desk)
    looked(desk, now_us() - 2_000_000, RiskSettings(max_drawdown=D("0.9")))
    priced(desk, "70.00")
    looked(desk, now_us() - 1_000_000, RiskSettings(max_drawdown=D("0.9")))
    DeskWatch(desk.database, {"one": desk.settings.model_copy(update={"risk": STRICT})}, FREE, LOG).look()
    with desk.database.read() as connection:
        assert ledger.state_of(connection, "one").state is State.HALTED


def test_a_desk_without_a_limit_on_losses_keeps_no_marks(desk: Desk) -> None:
    DeskWatch(desk.database, {"one": desk.settings}, FREE, LOG).look()
    assert desk.rows("SELECT count(*) FROM risk_marks") == [(0,)]


def test_an_entry_right_after_a_loss_is_refused_before_the_watch_has_come(desk: Desk) -> None:
    bought(desk)
    looked(desk, NOON)
    with desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET amount = '0', cost = '0'")  # gone, and no cash for it
        connection.exec_driver_sql("UPDATE balance_history SET total = free, free = total")
    decided(desk, STRICT, candle=4_000)
    assert str(outcomes(desk)[-1]).startswith("refused: max_drawdown 20.00%: 99.")
