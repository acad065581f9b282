"""One market on a walk, at a fixed instant."""

from decimal import Decimal

import pytest

from simulator.account.account import Account
from simulator.market.instrument import instrument
from simulator.market.market import Market
from simulator.market.rendering import FixedPoint
from simulator.market.timeframe import DAY_MS
from simulator.market.walk import Walk

MIDNIGHT_MS = 1_795_219_200_000


@pytest.fixture
def midnight_ms() -> int:
    """A midnight UTC, two days and thirty days after which the market's seconds and minutes began."""
    return MIDNIGHT_MS


@pytest.fixture
def market() -> Market:
    traded = instrument("BTC/USDT", 7)
    walk = Walk(traded, 7, MIDNIGHT_MS - 30 * DAY_MS, MIDNIGHT_MS - 2 * DAY_MS)
    return Market(traded, walk, FixedPoint(traded))


@pytest.fixture
def account() -> Account:
    return Account({"USDT": Decimal(10_000), "BTC": Decimal(1)}, Decimal("0.001"))
