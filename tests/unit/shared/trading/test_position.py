"""Average-price accounting, held against a model in exact fractions that knows only cash and lots."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RepairError
from shared.trading import Fill, Position, Side, after_fill

EMPTY = Position()


def fill(side: Side, amount: str, price: str, fee: str = "0") -> Fill:
    """A fill of BTC/USDT."""
    return Fill("t-1", side, Decimal(amount), Decimal(price), Decimal(fee), "USDT", executed_at_us=1)


def after(*fills: Fill) -> Position:
    """The position once all are booked."""
    position = EMPTY
    for each in fills:
        position = after_fill(position, each)
    return position


def test_a_first_buy_opens_the_position_at_its_price() -> None:
    position = after(fill(Side.BUY, "2", "100", fee="0.2"))
    assert position == Position(Decimal(2), Decimal(100), realized_pnl=Decimal("-0.2"), fees=Decimal("0.2"))
    assert position.is_open


def test_a_second_buy_moves_the_average_price() -> None:
    position = after(fill(Side.BUY, "1", "100"), fill(Side.BUY, "3", "200"))
    assert (position.amount, position.average_price) == (Decimal(4), Decimal(175))


def test_a_sale_realizes_the_gain_and_leaves_the_average_price() -> None:
    position = after(fill(Side.BUY, "2", "100"), fill(Side.SELL, "0.5", "140", fee="1"))
    assert position == Position(Decimal("1.5"), Decimal(100), realized_pnl=Decimal(19), fees=Decimal(1))


def test_a_position_that_is_sold_whole_is_flat_and_keeps_its_result() -> None:
    position = after(fill(Side.BUY, "2", "100", "1"), fill(Side.SELL, "2", "90", "1"))
    assert position == Position(Decimal(0), Decimal(0), realized_pnl=Decimal(-22), fees=Decimal(2))
    assert not position.is_open


def test_what_is_still_held_gains_with_the_market() -> None:
    assert after(fill(Side.BUY, "2", "100")).unrealized_pnl(Decimal(130)) == 60


def test_more_than_is_held_can_not_be_sold() -> None:
    with pytest.raises(RepairError, match=r"trade t-1 sells 2\.1 of a position of 2"):
        after(fill(Side.BUY, "2", "100"), fill(Side.SELL, "2.1", "100"))


@dataclass
class Model:
    """Cash, and what the lots held cost: sales take the same share of every lot."""

    cash: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def book(self, fill: Fill) -> None:
        """Move cash and lots."""
        amount, cost = Fraction(fill.amount), Fraction(fill.amount) * Fraction(fill.price)
        self.cash -= Fraction(fill.fee)
        if fill.side is Side.BUY:
            self.cash, self.amount, self.cost = self.cash - cost, self.amount + amount, self.cost + cost
        else:
            self.cash, self.cost = self.cash + cost, self.cost * (1 - amount / self.amount)
            self.amount -= amount


def cents(most: int) -> st.SearchStrategy[Decimal]:
    """Amounts of 0.00001 up to `most`."""
    return st.integers(1, most * 100_000).map(lambda n: Decimal(n).scaleb(-5))


@st.composite
def histories(draw: st.DrawFn) -> list[Fill]:
    """Fills that never sell more than is held."""
    fills: list[Fill] = []
    held = Decimal(0)
    for n in range(draw(st.integers(1, 8))):
        selling = held > 0 and draw(st.booleans())
        part = Decimal(draw(st.integers(1, 4))) / 4
        amount = (held * part).quantize(Decimal("0.00001")) if selling else draw(cents(100))
        if not amount:
            continue
        side = Side.SELL if selling else Side.BUY
        held += -amount if selling else amount
        price, fee = draw(cents(50_000)), draw(cents(20) | st.just(Decimal(0)))
        fills.append(Fill(f"t-{n}", side, amount, price, fee, "USDT", executed_at_us=n))
    return fills


def near(value: Decimal, exact: Fraction, turnover: Fraction) -> bool:
    """Equal but for the 28 digits to which Decimal rounds an average."""
    return abs(Fraction(value) - exact) <= (turnover + 1) * Fraction(1, 10**24)


@given(histories(), cents(50_000))
def test_realized_and_unrealized_profit_is_the_cash_that_flowed_and_what_the_holding_is_worth(
    fills: list[Fill], mark: Decimal
) -> None:
    model, position = Model(), EMPTY
    for each in fills:
        model.book(each)
        position = after_fill(position, each)
    turnover = sum((Fraction(each.amount) * Fraction(each.price) for each in fills), Fraction(mark) * model.amount)
    profit = model.cash + model.amount * Fraction(mark)
    assert Fraction(position.amount) == model.amount
    assert position.fees == sum(each.fee for each in fills)
    assert near(position.average_price * position.amount, model.cost, turnover)
    assert near(position.realized_pnl + position.unrealized_pnl(mark), profit, turnover)


@given(histories())
def test_once_all_is_sold_the_profit_is_the_cash_that_flowed(fills: list[Fill]) -> None:
    position = after(*fills)
    if position.is_open:
        fills = [*fills, Fill("t-last", Side.SELL, position.amount, Decimal(100), Decimal(0), "USDT", 99)]
        position = after_fill(position, fills[-1])
    assert position.amount == position.average_price == 0
    turnover = sum((Fraction(each.cost) for each in fills), Fraction(0))
    assert near(position.realized_pnl, Fraction(sum(each.cash_change for each in fills)), turnover)
