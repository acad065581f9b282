"""One strategy in one market, as the examples of risk begin with it."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from shared.config import RiskSettings
from shared.market import Frame, Market, Series, Ticker
from shared.trading import (
    DESK,
    Books,
    Kind,
    Lease,
    OpenOrder,
    Order,
    Position,
    Side,
    Signal,
    StateRow,
    Strategy,
    client_order_id,
    hold,
)
from trader.risk import Verdict, judge
from trader.running import Running
from trader.situation import Situation

CANDLE = 1_700_000_040_000
NOW = 1_700_000_100_000_000
MINUTE = 60_000_000
MARKET = Market("binance", "BTC/USDT", D("0.00001"), D("0.01"), D(5), D("0.001"), D("0.001"), D("0.0001"))
TICKER = Ticker("binance", "BTC/USDT", NOW // 1000, D(19_990), D(20_010), D(20_000), NOW - 1_000_000)
FREE = RiskSettings()


class Idle(Strategy):
    """Never decides anything: the tests do."""

    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return hold()


RUNNING = Running(Lease("one", "a", 1, 0, ""), Series("binance", "BTC/USDT", "1m"), Idle(), {})
FLAT = Situation(
    books=Books(D(10_000), Position()),
    market=MARKET,
    ticker=TICKER,
    price=D(20_000),
    costs=D("0.001"),
    waiting=(),
    state=StateRow(DESK),
    limits=FREE,
    desk=FREE,
    objection=None,
    now_us=NOW,
)
HOLDING = replace(FLAT, books=Books(D(100), Position(D("0.5"), D(9_500))))


def verdict(
    signal: Signal,
    situation: Situation = FLAT,
    running: Running = RUNNING,
    *,
    fresh: bool = True,
    may_open: bool = True,
) -> Verdict:
    """Judge a signal on the newest candle of a fresh series."""
    return judge(signal, situation, running, CANDLE, fresh=fresh, may_open=may_open)


def amount(signal: Signal, situation: Situation = FLAT) -> D:
    """How much is ordered; nothing is 0."""
    order = verdict(signal, situation).order
    return order.amount if order else D(0)


def limited(situation: Situation = FLAT, **limits: Any) -> Situation:
    """The same with limits of the strategy's own."""
    return replace(situation, limits=RiskSettings(**limits))


def waiting(leg: str, limit: str | None = None, decided_at_us: int = NOW - 1_000_000, **state: Any) -> OpenOrder:
    """An order of the strategy that is not done."""
    order = Order(
        client_order_id=client_order_id("one", CANDLE - 60_000, leg),  # type: ignore[arg-type]
        strategy_id="one",
        candle=CANDLE - 60_000,
        leg=leg,  # type: ignore[arg-type]
        attempt=1,
        exchange="binance",
        symbol="BTC/USDT",
        side=Side.BUY if leg == "entry" else Side.SELL,
        amount=D("0.1"),
        decided_at_us=decided_at_us,
        kind=Kind.LIMIT if limit else Kind.MARKET,
        limit_price=D(limit) if limit else None,
    )
    return OpenOrder(order, **state)
