from decimal import Decimal

import numpy as np
import pytest

from simulator.account.matching import Execution, commission, while_resting
from simulator.account.orders import Kind, Request, Side
from simulator.market.candles import Candles
from simulator.market.instrument import instrument
from simulator.market.rendering import FixedPoint

BTC = instrument("BTC/USDT", 7)


def resting(side: Side) -> Request:
    return Request("BTCUSDT", side, Kind.LIMIT, Decimal(1), None, Decimal("100.00"), "GTC", None)


def second(low: int, high: int) -> Candles:
    """One second in ticks, in which two lots were traded."""
    return Candles(*np.array([[0, low, high, low, high, 2]], dtype=np.int64).T)


@pytest.mark.parametrize(
    ("side", "low", "high", "fills"),
    [
        (Side.BUY, 10_000, 10_100, False),
        (Side.BUY, 9_999, 10_100, True),
        (Side.SELL, 9_900, 10_000, False),
        (Side.SELL, 9_900, 10_001, True),
    ],
    ids=["buy touched", "buy traded through", "sale touched", "sale traded through"],
)
def test_a_resting_order_fills_only_when_the_price_goes_through_its_own(
    side: Side, low: int, high: int, fills: bool
) -> None:
    found = while_resting(resting(side), Decimal(1), second(low, high), FixedPoint(BTC), BTC.lot)
    assert found == [Execution(Decimal(100), 2 * BTC.lot, 999, is_maker=True)] * fills


def test_the_commission_is_of_what_is_received() -> None:
    execution = Execution(Decimal(100), Decimal("0.12345"), 0, is_maker=False)
    assert commission(Side.BUY, execution, Decimal("0.001")) == Decimal("0.00012345")
    assert commission(Side.SELL, execution, Decimal("0.001")) == Decimal("0.01234500")
