"""Buy-and-hold, beside which a strategy is looked at."""

from decimal import Decimal as D

from shared.portfolio.curve import Curve
from shared.portfolio.hold import held


def curve(equity: str, paid_in: str) -> Curve:
    worth, paid = (tuple(D(word) for word in words.split()) for words in (equity, paid_in))
    return Curve(tuple(range(len(worth))), worth, paid)


def test_the_money_moves_as_the_market_does() -> None:
    assert held(curve("100 90 80", "0 0 0"), [50.0, 55.0, 45.0], None).equity == (D(100), D(110), D(90))


def test_money_that_comes_later_is_put_in_at_the_price_of_its_moment() -> None:
    joined = held(curve("0 100 100", "0 100 0"), [50.0, 80.0, 40.0], 40.0)
    assert joined.equity == (D(0), D(200), D(100))
    assert joined.gain == D(0)


def test_before_the_first_candle_the_money_is_cash() -> None:
    assert held(curve("100 90 80", "0 0 0"), [None, 50.0, 60.0], None).equity == (D(100), D(100), D(120))


def test_without_any_candle_it_stays_cash() -> None:
    assert held(curve("0 90 80", "0 100 0"), [None, None, None], None).equity == (D(0), D(100), D(100))
