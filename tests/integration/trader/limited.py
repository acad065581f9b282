"""Strategies that decide under limits, for the tests of risk."""

from dataclasses import replace
from decimal import Decimal as D

import structlog
from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import PaperSettings, RiskSettings, StrategySettings
from tests.integration.trader.desk import PATIENT, Desk
from trader.cycle import decide_candle
from trader.paper import PaperBroker
from trader.running import Running
from trader.tending import tend_orders

PAPER = PaperBroker(PaperSettings(slippage=D(0), fee=D("0.001")))
FREE = RiskSettings()
LOG: FilteringBoundLogger = structlog.get_logger()
STRICT = RiskSettings(max_daily_loss=D("0.05"), max_drawdown=D("0.2"))
DAY = 86_400_000_000
NOON = 20_000 * DAY + DAY // 2


def another(desk: Desk, name: str = "two", cash: str = "10000") -> Desk:
    """The same desk, seen from a second strategy."""
    wanted = StrategySettings.model_validate({**desk.settings.model_dump(), "id": name, "cash": cash})
    with desk.database.write() as connection:
        ledger.register(connection, wanted, now_us(), boot_us(), boot_id())
    return replace(desk, settings=wanted)


def decided(desk: Desk, limits: RiskSettings = FREE, whole: RiskSettings = FREE, candle: int = 3_000) -> Running:
    """The strategy decides on a candle under these limits."""
    if candle > 3_000:
        desk.close_candles([candle])
    running = replace(desk.running(desk.claim("a")), limits=limits)
    decide_candle(desk.database, running, candle, PATIENT, PAPER, whole, newest=True)
    return running


def bought(desk: Desk) -> Running:
    """It has spent its cash, at 100."""
    running = decided(desk)
    desk.tick("100.00", "100.00")
    tend_orders(desk.database, running, PATIENT, PAPER, FREE)
    return running


def priced(desk: Desk, bid: str) -> None:
    """The market has moved."""
    desk.tick(bid, bid)


def outcomes(desk: Desk) -> list[object]:
    return [row[0] for row in desk.rows("SELECT outcome FROM signals ORDER BY candle, strategy_id")]
