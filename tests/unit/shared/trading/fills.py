"""Fills of one market, as the tests of the books write and generate them."""

from decimal import Decimal as D
from itertools import count

from hypothesis import strategies as st

from shared.trading import Fill, Side

_numbers = count(1)


def fill(side: Side, amount: str, price: str, fee: str = "0", asset: str = "USDT", worth: str | None = None) -> Fill:
    """A fill of BTC/USDT with an id of its own."""
    value = None if worth is None else D(worth)
    number = next(_numbers)
    return Fill(f"t{number}", side, D(amount), D(price), D(fee), asset, number, "BTC", "USDT", value)


def bought(amount: str, price: str, fee: str = "0", asset: str = "USDT") -> Fill:
    """A buy."""
    return fill(Side.BUY, amount, price, fee, asset)


def sold(amount: str, price: str, fee: str = "0", asset: str = "USDT") -> Fill:
    """A sale."""
    return fill(Side.SELL, amount, price, fee, asset)


def decimals(most: int, places: int, least: int = 1) -> st.SearchStrategy[D]:
    """Numbers with so many decimal places: the digits are `least` up to `most` * 10 ** `places`."""
    return st.integers(least, most * 10**places).map(lambda digits: D(digits).scaleb(-places))


#: As exchanges have them, and with the 18 places of a token; small steps make equal and closing amounts likely.
AMOUNTS = decimals(3, 0) | decimals(10, 5) | decimals(1_000, 18)
PRICES = decimals(5, 0) | decimals(50_000, 2) | decimals(100, 18)
FEES = st.just(D(0)) | decimals(1, 3, least=-200) | decimals(1, 18, least=-(10**16))


@st.composite
def fills(draw: st.DrawFn, sides: st.SearchStrategy[Side] | None = None) -> Fill:
    """Any fill: fee or rebate in quote, base, or a third asset whose worth is known or not."""
    asset = draw(st.sampled_from(("USDT", "BTC", "BNB")))
    worth = draw(FEES | st.none()) if asset == "BNB" else None
    number = next(_numbers)
    side = draw(sides if sides is not None else st.sampled_from((Side.BUY, Side.SELL)))
    amount, price, fee = draw(AMOUNTS), draw(PRICES), draw(FEES)
    return Fill(f"t{number}", side, amount, price, fee, asset, number, "BTC", "USDT", worth)
