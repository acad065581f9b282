"""A ticker that no market can show can't be built."""

from decimal import Decimal

import pytest

from shared.market import Ticker


def ticker(bid: str, ask: str, last: str) -> Ticker:
    """A ticker of BTC/USDT with these prices."""
    prices = Decimal(bid), Decimal(ask), Decimal(last)
    return Ticker("binance", "BTC/USDT", 1_640_995_200_000, *prices, received_at_us=1_640_995_200_000_250)


def test_a_ticker_may_have_no_spread() -> None:
    assert ticker("100", "100", "99.5").ask == Decimal(100)


@pytest.mark.parametrize(
    ("bid", "ask", "last"), [("101", "100", "100"), ("0", "1", "1"), ("-1", "1", "1"), ("1", "2", "0")]
)
def test_a_crossed_or_worthless_market_is_refused(bid: str, ask: str, last: str) -> None:
    with pytest.raises(ValueError, match="impossible ticker of BTC/USDT"):
        ticker(bid, ask, last)
