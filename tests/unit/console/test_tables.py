"""The overview on a terminal."""

import io
from decimal import Decimal as D

import pytest
from rich.console import Console, RenderableType

from console.demo.screen import PlainLines, picture
from console.tables import series_table, strategies_table, totals
from shared.market import Series
from shared.overview import Overview, SeriesView, StrategyView
from shared.trading import Position

SERIES = Series("binance", "BTC/USDT", "1s")
HELD = Position(D("0.1"), D(100), realized_pnl=D("-0.5"))
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


def test_without_a_terminal_a_line_is_printed_every_five_seconds() -> None:
    out = io.StringIO()
    lines = PlainLines(Console(file=out, width=200))
    for at_ms in (0, 4_900, 5_100, 6_000):
        lines.show(Overview(at_ms, SHOWN.series, SHOWN.strategies, ()), [], at_ms / 1000)
    assert len(out.getvalue().splitlines()) == 2
    assert "1/1 series live" in out.getvalue()
