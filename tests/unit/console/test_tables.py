"""The overview on a terminal."""

import io
from dataclasses import replace
from decimal import Decimal as D

import pytest
from rich.console import Console, RenderableType

from console.demo.screen import PlainLines, picture
from console.tables import series_table, strategies_table, totals, troubles
from shared.market import Series
from shared.overview import ExchangeView, Overview, SeriesView, StrategyView
from shared.trading import DESK, Position, State, StateRow

SERIES = Series("binance", "BTC/USDT", "1s")
LIMITS = {"binance": 2_000}
HELD = Position(D("0.1"), D(10), realized_pnl=D("-0.5"))
STRATEGY = StrategyView("rsi-btc", "rsi", SERIES, "active", "", "0123456789@desk", 3, 2, D(990), HELD, D(120))
SHOWN = Overview(60_000, (SeriesView(SERIES, "live", "", 0, 58_000, 1_200, 12_345, 1, 0),), (STRATEGY,), ())


def text(what: RenderableType, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def test_a_series_shows_candles_lag_and_gaps() -> None:
    (line,) = (line for line in text(series_table(SHOWN.series)).splitlines() if "BTC/USDT" in line)
    assert line.split() == ["binance", "BTC/USDT", "1s", "live", "12,345", "00:00:58", "1.2", "s", "1"]


def test_a_strategy_shows_trader_position_and_profit() -> None:
    (line,) = (line for line in text(strategies_table(SHOWN.strategies, 120)).splitlines() if "rsi-btc" in line)
    assert line.split()[3:] == ["active", "012345@desk", "3", "2", "0.1", "1,002.00", "−0.50", "+1.50"]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_its_terminal(width: int) -> None:
    shown = text(picture(SHOWN, [], 5, "http://127.0.0.1:8080", width), width)
    assert "…" not in shown
    assert "+1.50" in shown


def test_the_totals_are_one_line() -> None:
    assert text(totals(SHOWN)) == "12,345 candles · 3 signals · 2 trades · P&L +1.50 USDT\n"


def test_one_signal_and_one_trade_are_told_in_the_singular() -> None:
    shown = replace(SHOWN, strategies=(replace(STRATEGY, signals=1, trades=1),))
    assert "12,345 candles · 1 signal · 1 trade · P&L" in text(totals(shown))


def test_what_stands_still_is_told_with_its_reason() -> None:
    error = "rsi-btc failed:\nTraceback (most recent call last):\n  File ...\nZeroDivisionError: division by zero\n"
    halted = replace(STRATEGY, status="halted", reason=error, source="strategy")
    stopped = replace(SHOWN.series[0], state="stopped", reason="binance has no market [BTC/USDT]")
    cooling = ExchangeView("binance", "cooling", "banned", 5_000, 0)
    shown = replace(SHOWN, series=(*SHOWN.series, stopped), strategies=(STRATEGY, halted), exchanges=(cooling,))
    told = text(troubles(shown, LIMITS))
    assert told.splitlines() == [
        "binance cools down: 5.0 s more; banned",
        "binance BTC/USDT 1s stopped: binance has no market [BTC/USDT]",
        "rsi-btc halted by an error of the strategy: rsi-btc failed: ZeroDivisionError: division by zero",
    ]
    assert not troubles(SHOWN, LIMITS)


def test_a_live_strategy_is_told_from_one_on_paper() -> None:
    live = replace(STRATEGY, strategy_id="rsi-live", broker="live")
    shown = text(strategies_table((STRATEGY, live), 80))
    assert [line.split()[1:4] for line in shown.splitlines() if "rsi-" in line] == [
        ["BTC/USDT", "1s", "3"],
        ["BTC/USDT", "1s", "live"],
    ]


def test_without_a_terminal_a_line_is_printed_every_five_seconds() -> None:
    out = io.StringIO()
    lines = PlainLines(Console(file=out, width=200))
    for at_ms in (0, 4_900, 5_100, 6_000):
        lines.show(Overview(at_ms, SHOWN.series, SHOWN.strategies, ()), [], at_ms / 1000)
    assert len(out.getvalue().splitlines()) == 2
    assert "1/1 series live" in out.getvalue()


def test_the_newest_signal_that_was_refused_is_told_with_its_reason_while_trading_goes_on() -> None:
    refused = replace(STRATEGY, outcome="refused: its size is NaN: a fraction above 0 and up to 1 is meant")
    told = text(troubles(replace(SHOWN, strategies=(refused,)), LIMITS))
    assert told == "rsi-btc refused: its size is NaN: a fraction above 0 and up to 1 is meant\n"
    halted = replace(refused, status="halted", source="desk")
    assert "refused" not in text(troubles(replace(SHOWN, strategies=(halted,)), LIMITS))


def test_the_state_of_the_desk_is_told_once() -> None:
    desk = StateRow(DESK, State.HALTED, "operator", "lunch")
    shown = replace(SHOWN, strategies=(STRATEGY, STRATEGY)).under([desk])
    assert text(troubles(shown, LIMITS)) == "the desk halted by the operator: lunch\n"
    assert {view.status for view in shown.strategies} == {"halted"}
