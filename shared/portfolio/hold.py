"""Buy-and-hold: what the same money would have become in the strategy's own market. Pure."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from shared.portfolio.curve import ZERO, Curve

_DIGITS = 50


def held(curve: Curve, closes: Sequence[float | None], opening_close: float | None) -> Curve:
    """The curve's money, put into the market when it came and left there: no fee, no slippage, fractions allowed.

    `closes` are known at the curve's edges, `opening_close` when the money was paid in. While no candle is known the
    money is cash, and is put in at the first close that comes.
    """
    prices = [None if close is None else Decimal(str(close)) for close in closes]
    cash, units = (curve.equity[0] if curve.equity else ZERO), ZERO
    worth = []
    with localcontext(prec=_DIGITS):
        for paid_in, price in zip(curve.paid_in, prices, strict=True):
            if paid_in and opening_close:
                units += paid_in / Decimal(str(opening_close))
            else:
                cash += paid_in
            if price is not None and cash:
                units, cash = units + cash / price, ZERO
            worth.append(cash + units * (price or ZERO))
    return Curve(curve.edges_us, tuple(worth), curve.paid_in)
