"""What an operator sees, as arithmetic on values."""

from decimal import Decimal as D

from shared.candles import SeriesStatus
from shared.market import Series
from shared.overview import Overview, StrategyView
from shared.overview.read import series_view
from shared.overview.views import lag, state
from shared.trading import Position

MINUTE = 60_000
BTC = Series("binance", "BTC/USDT", "1m")


def strategy(position: Position, mark: D | None, symbol: str = "BTC/USDT") -> StrategyView:
    series = Series("binance", symbol, "1m")
    return StrategyView("s", "ema_cross", series, "active", "", None, 2, 1, D(900), position, mark)


def test_lag_counts_from_the_close_of_the_newest_candle() -> None:
    assert lag(watermark=10 * MINUTE, step=MINUTE, now_ms=11 * MINUTE + 400) == 400


def test_a_clock_behind_the_exchange_shows_no_lag_rather_than_a_negative_one() -> None:
    assert lag(watermark=10 * MINUTE, step=MINUTE, now_ms=11 * MINUTE - 300) == 0


def test_a_series_is_live_until_two_candles_are_late() -> None:
    assert state("collecting", 2 * MINUTE, MINUTE) == "live"
    assert state("collecting", 3 * MINUTE, MINUTE) == "behind"
    assert state("collecting", None, MINUTE) == "empty"
    assert state("stopped", 0, MINUTE) == "stopped"


def test_the_holes_between_covered_intervals_are_the_gaps() -> None:
    status = SeriesStatus(BTC, "collecting", "", 5 * MINUTE, 0, 4, intervals=3, refused=0)
    assert series_view(status, now_ms=6 * MINUTE).gaps == 2


def test_profit_and_equity_of_a_marked_position_are_exact() -> None:
    view = strategy(Position(D("0.1"), D("100.001"), D("-0.10"), D("0.10")), mark=D("1000.02"))
    assert view.unrealized_pnl == D("0.001")
    assert view.pnl == D("-0.099")
    assert view.equity == D("1000.002")


def test_a_position_without_a_mark_has_no_known_value() -> None:
    view = strategy(Position(D(1), D(100)), mark=None)
    assert (view.unrealized_pnl, view.pnl, view.equity) == (None, None, None)


def test_without_a_position_equity_is_cash_whatever_the_market_does() -> None:
    view = strategy(Position(realized_pnl=D(-5)), mark=None)
    assert (view.equity, view.pnl) == (D(900), D(-5))


def test_profits_are_added_up_by_quote_asset_and_never_across() -> None:
    views = (
        strategy(Position(realized_pnl=D("0.1")), None),
        strategy(Position(realized_pnl=D("0.2")), None),
        strategy(Position(realized_pnl=D(7)), None, symbol="BTC/USD"),
    )
    whole = Overview(0, (), views, ())
    assert whole.pnl == {"USDT": D("0.3"), "USD": D(7)}
    assert (whole.candles, whole.signals, whole.trades) == (0, 6, 3)
