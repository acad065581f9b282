"""The overview as JSON."""

import json
from decimal import Decimal as D

from console.encode import as_json
from shared.market import Series
from shared.overview import Overview, SeriesView, StrategyView, Trade
from shared.trading import Position, Side

SERIES = Series("binance", "BTC/USDT", "1s")
TINY = D("0.00000000000000000001")


def test_money_keeps_every_digit_as_text() -> None:
    view = StrategyView("s", "n", SERIES, "active", "", None, 1, 1, D(1) + TINY, Position(TINY, D(3)), D("3.5"))
    trade = Trade("s", "t", "binance", "BTC/USDT", Side.BUY, TINY, D(3), 3 * TINY, D(0), "USDT", D(0), 1)
    series = SeriesView(SERIES, "live", "", 0, 5_000, 10, 6, 0, 0)
    encoded = json.loads(json.dumps(as_json(Overview(7, (series,), (view,), (trade,)))))
    assert encoded["strategies"][0]["cash"] == "1.00000000000000000001"
    assert encoded["strategies"][0]["position"]["amount"] == "0.00000000000000000001"
    assert encoded["latest_trades"][0]["cost"] == "0.00000000000000000003"
    assert encoded["latest_trades"][0]["side"] == "buy"
    assert encoded["series"][0]["symbol"] == "BTC/USDT"
    assert encoded["totals"]["candles"] == 6


def test_what_is_not_known_is_null() -> None:
    view = StrategyView("s", "n", SERIES, "active", "", None, 0, 0, D(1), Position(D(1), D(3)), None)
    (encoded,) = as_json(Overview(7, (), (view,), ()))["strategies"]
    assert (encoded["mark"], encoded["equity"], encoded["pnl"]) == (None, None, None)
