"""`chandler flatten` beside a trader that carries it out, on a real database."""

import io
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path
from threading import Thread

import pytest

from console.flatten import flatten
from console.halt import resume
from shared import ledger
from shared.config import ExchangeSettings, PaperSettings, Paths, RiskSettings, Settings
from shared.stop import Stop
from shared.trading import State
from tests.integration.trader.desk import PATIENT, Desk, open_desk
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.running import Running
from trader.tending import tend_orders, watch_position

PAPER = PaperBroker(PaperSettings(slippage=D(0), fee=D("0.001")))
FREE = RiskSettings()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    yield opened
    opened.database.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(paths=Paths(data=tmp_path), exchanges={"binance": ExchangeSettings()})


def holding(desk: Desk) -> Running:
    """The strategy has bought."""
    running = desk.running(desk.claim("a"))
    decide_candle(desk.database, running, 3_000, PATIENT, PAPER, FREE, newest=True)
    desk.tick("100.00", "100.02")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    assert desk.rows("SELECT amount FROM positions") != [("0",)]
    return running


def attend(desk: Desk, running: Running, stop: Stop) -> None:
    """What a replica does with the strategy until it is told to stop."""
    while not stop.wait(0.02):
        watch_position(desk.database, running, PAPER, FREE)
        desk.tick("100.00", "100.02")
        tend_orders(desk.database, running, PATIENT, PAPER, FREE)


@pytest.mark.parametrize("whom", ["one", None])
def test_everything_is_closed_and_halted_and_said(
    desk: Desk, settings: Settings, whom: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    running, stop = holding(desk), Stop()
    trader = Thread(target=attend, args=(desk, running, stop))
    trader.start()
    try:
        assert flatten(settings, whom, "fire", 30, confirmed=True) == 0
    finally:
        stop.ask()
        trader.join()
    out = capsys.readouterr().out
    assert "(98.9011 BTC, paper)" in out
    assert out.endswith("one is closed\neverything is closed\n")
    assert desk.rows("SELECT amount FROM positions") == [("0",)]
    assert desk.rows("SELECT leg, status FROM orders ORDER BY decided_at_us") == [
        ("entry", "filled"),
        ("flatten", "filled"),
    ]
    assert desk.rows("SELECT status, reason FROM operator_requests") == [("done", "fire")]
    with desk.database.read() as connection:
        assert ledger.state_of(connection, whom or "*").state is State.HALTED


@pytest.mark.parametrize("typed", ["", "yes\n", "flat\n"])
def test_without_the_typed_word_nothing_is_done(
    desk: Desk, settings: Settings, typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    holding(desk)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert flatten(settings, None, "", 0, confirmed=False) == 1
    assert capsys.readouterr().out.endswith("not confirmed: nothing was done\n")
    assert desk.rows("SELECT count(*) FROM operator_requests") == [(0,)]
    assert desk.rows("SELECT count(*) FROM trading_states") == [(0,)]


def test_with_the_typed_word_it_is_done(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("flatten\n"))
    assert flatten(settings, None, "", 0, confirmed=False) == 0
    assert capsys.readouterr().out.endswith("the desk is halted\nnothing was open\n")


def test_where_no_trader_runs_it_says_so_and_the_request_stays(
    desk: Desk, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    holding(desk)
    desk.claim("gone", seconds=-1)
    assert flatten(settings, "one", "", 0, confirmed=True) == 1
    assert "one is not closed yet: no trader runs it: it is closed when one does" in capsys.readouterr().out
    assert flatten(settings, "one", "", 0, confirmed=True) == 1
    assert desk.rows("SELECT status FROM operator_requests") == [("open",)]


def test_resuming_withdraws_what_was_not_carried_out(desk: Desk, settings: Settings) -> None:
    running = holding(desk)
    flatten(settings, None, "", 0, confirmed=True)
    resume(settings, None)
    assert watch_position(desk.database, running, PAPER, FREE) is None
    assert desk.rows("SELECT status, reason FROM operator_requests") == [("failed", "withdrawn: trading was resumed")]
