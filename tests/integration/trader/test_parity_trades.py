"""The native backtest and the real trader make the same trades: real cycle, paper broker and ledger, candle by candle.

The candles come from a simulated exchange through unmodified ccxt. Two days of them; a month with CHANDLER_SOAK=1.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from shared import candles
from shared.market import Frame, Market
from tests.integration.backfiller.rig import Place, Simulate
from tests.integration.trader.paper_days import BTC, Clock, PaperTrader, candles_of, wanted
from trader.backtest.engine import run
from trader.backtest.rounds import closed_trades, digest
from trader.backtest.spec import of_section
from trader.loading import load

DAYS = 30 if os.environ.get("CHANDLER_SOAK") else 2


@pytest.fixture
def fetched(simulate: Simulate, place: Place) -> tuple[Frame, Market]:
    """The candles and the market's rules as the backfiller stored them."""
    place.configure(simulate("--days", str(DAYS + 1)), {"days": DAYS})
    assert place.fetch() == 0
    with place.database.read() as connection:
        newest = candles.watermark(connection, BTC)
        assert newest is not None
        frame, market = candles.frame(connection, BTC, newest, 10**6), candles.market(connection, *BTC.key[:2])
    assert market is not None
    assert len(frame) >= DAYS * 1_440 - 1
    return frame, market


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("rsi_reversion", {}),
        ("ema_cross", {}),
        ("macd_trend", {}),
        ("bollinger_breakout", {"stop": 0.002, "take_profit": 0.003}),
        ("buy_and_hold", {}),
    ],
)
def test_a_backtest_and_a_paper_trader_make_the_same_trades(
    name: str,
    parameters: dict[str, Any],
    fetched: tuple[Frame, Market],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, market = fetched
    section = wanted(name, **parameters)
    outcome = run(of_section(section), load(section, tmp_path), frame, market)
    trader = PaperTrader(tmp_path / "desk", section, market, Clock().patch(monkeypatch))
    for at, candle in enumerate(candles_of(frame)):
        if at % 1_000 == 777:
            trader.restart()
        trader.live(candle)
    booked = trader.booked(section.cash)
    assert booked
    assert trader.signals() == [(each.candle, each.side, each.reason, each.outcome) for each in outcome.signals]
    assert [each.fill for each in booked] == [each.fill for each in outcome.fills]
    assert digest(closed_trades(booked, market), sizes=True) == outcome.sha256()
    assert trader.books == outcome.books
    if name == "bollinger_breakout":
        assert {each.order.leg for each in booked} == {"entry", "exit", "stop", "target"}
    print(f"{len(frame):,} candles, {len(booked)} fills, {len(outcome.trades)} closed trades, {outcome.sha256()}")
