"""Average-price accounting, held against a model in exact fractions that knows only cash and shares of lots."""

from dataclasses import dataclass, replace
from decimal import Decimal as D
from decimal import localcontext
from fractions import Fraction
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.trading import Books, Fill, Position, Side, after_fill
from tests.unit.shared.trading.fills import AMOUNTS, FEES, PRICES, bought, fill, fills, sold

FLAT = Position()


def after(*several: Fill) -> Position:
    """The position once all are booked."""
    position = FLAT
    for each in several:
        position = after_fill(position, each)
    return position


def test_a_first_buy_opens_the_position_at_its_price() -> None:
    position = after(bought("2", "100", fee="0.2"))
    assert position == Position(D(2), D(200), realized_pnl=D("-0.2"), fees=D("0.2"))
    assert position.is_open


def test_a_second_buy_moves_the_average_price() -> None:
    position = after(bought("1", "100"), bought("3", "200"))
    assert (position.amount, position.average_price) == (D(4), D(175))


def test_a_sale_realizes_the_gain_and_leaves_the_average_price() -> None:
    position = after(bought("2", "100"), sold("0.5", "140", fee="1"))
    assert position == Position(D("1.5"), D(150), realized_pnl=D(19), fees=D(1))
    assert position.average_price == 100


def test_a_position_that_is_sold_whole_is_flat_and_keeps_its_result() -> None:
    position = after(bought("2", "100", "1"), sold("2", "90", "1"))
    assert position == Position(D(0), D(0), realized_pnl=D(-22), fees=D(2))
    assert not position.is_open


def test_what_is_still_held_gains_with_the_market() -> None:
    assert after(bought("2", "100")).unrealized_pnl(D(130)) == 60


def test_a_short_position_gains_as_the_market_falls() -> None:
    short = after(sold("2", "100"))
    assert (short.amount, short.cost, short.average_price) == (D(-2), D(-200), D(100))
    assert short.unrealized_pnl(D(90)) == 20
    assert after_fill(short, bought("1", "80")) == Position(D(-1), D(-100), realized_pnl=D(20))


def test_a_sale_of_more_than_is_held_closes_the_long_position_and_opens_a_short_one_at_its_price() -> None:
    flipped = after(bought("2", "100"), sold("3", "110", fee="1"))
    assert flipped == Position(D(-1), D(-110), realized_pnl=D(19), fees=D(1))
    assert after_fill(flipped, bought("2", "100")) == Position(D(1), D(100), realized_pnl=D(29), fees=D(1))


def test_a_buy_whose_fee_comes_off_the_base_holds_less_and_lost_the_fees_worth() -> None:
    position = after(bought("0.1", "20000", fee="0.0001", asset="BTC"))
    assert position == Position(D("0.0999"), D(1998), realized_pnl=D(-2), fees=D(2))
    assert position.average_price == 20_000


def test_a_fee_in_a_third_asset_counts_with_its_worth_and_not_at_all_while_nobody_knows_it() -> None:
    assert after(fill(Side.BUY, "1", "100", "0.001", "BNB", worth="0.6")).realized_pnl == D("-0.6")
    assert after(bought("1", "100", "0.001", "BNB")).realized_pnl == 0


def test_a_rebate_is_earned() -> None:
    assert after(bought("1", "100", fee="-0.02")) == Position(D(1), D(100), realized_pnl=D("0.02"), fees=D("-0.02"))


def test_a_third_that_does_not_end_is_cut_to_18_places_and_the_rest_stays_in_the_cost() -> None:
    third = after(bought("3", "0.1"), bought("4", "0.25"), sold("1", "1"))
    released = D("0.185714285714285714")  # 1.3 / 7
    assert (third.cost, third.realized_pnl) == (D("1.3") - released, 1 - released)
    assert after_fill(third, sold("6", "1")) == Position(realized_pnl=D("5.7"))


def test_the_least_amounts_never_turn_the_cost_of_what_is_left_around() -> None:
    dust = after(bought("10", "9e-20"), sold("9", "1"))
    assert dust.amount == 1
    assert dust.cost > 0


def test_the_order_of_partial_fills_does_not_matter() -> None:
    pieces = [bought("0.3", "101.7", "0.01"), bought("1.11", "99.3"), bought("2", "100.0001", "0.002", "BTC")]
    assert len({after(*order) for order in permutations(pieces)}) == 1


@given(st.lists(fills(st.just(Side.BUY)), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_any_partial_fills_of_an_order_make_the_same_position_in_any_order(several: list[Fill], random: object) -> None:
    several = [replace(each, fee=min(each.fee, each.amount / 2)) for each in several]  # a buy that buys something
    shuffled = list(several)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(*shuffled) == after(*several)


@given(fills(), fills(), st.integers(1, 28))
def test_the_digits_the_rest_of_the_program_calculates_with_change_nothing(one: Fill, other: Fill, digits: int) -> None:
    exact = after(one, other)
    with localcontext(prec=digits):
        assert after(one, other) == exact


@dataclass
class Model:
    """Cash and base that flowed, and what the open lots cost: what closes takes the same share of each."""

    cash: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)
    elsewhere: Fraction = Fraction(0)

    def book(self, one: Fill) -> None:
        """Pay, take, and pay the fee from where it is due."""
        price, fee = Fraction(one.price), Fraction(one.fee)
        way = 1 if one.side is Side.BUY else -1
        change = way * Fraction(one.amount)
        self.cash -= change * price
        if one.fee_asset == "USDT":
            self.cash -= fee
        elif one.fee_asset == "BTC":
            change, fee = change - fee, fee * price
        else:
            fee = Fraction(one.fee_value or 0)
            self.elsewhere += fee
        self.fees += fee
        self._take(change, price)

    def _take(self, change: Fraction, price: Fraction) -> None:
        if self.amount * change >= 0:
            self.cost += change * price
        elif abs(change) < abs(self.amount):
            self.cost *= 1 + change / self.amount
        else:
            self.cost = (self.amount + change) * price
        self.amount += change


class AnyFills(RuleBasedStateMachine):
    """Whatever is filled in whatever order: the books account for every digit of it."""

    @initialize(paid_in=AMOUNTS)
    def begin(self, paid_in: D) -> None:
        self.paid_in = Fraction(paid_in)
        self.books = Books(paid_in, FLAT)
        self.model = Model()
        self.booked = 0

    def book(self, one: Fill) -> None:
        self.books = self.books.after(one)
        self.model.book(one)
        self.booked += 1

    @rule(one=fills())
    def fill(self, one: Fill) -> None:
        self.book(one)

    @rule(price=PRICES, share=st.integers(1, 7))
    def close_a_part(self, price: D, share: int) -> None:
        part = abs(self.books.position.amount) * share / 7
        if part and part == part.quantize(D("1e-18")):
            self.close(part, price)

    @rule(price=PRICES, fee=FEES)
    def close_all(self, price: D, fee: D) -> None:
        amount = abs(self.books.position.amount)
        if not amount:
            return
        self.close(amount, price, fee)
        position = self.books.position
        assert (position.amount, position.cost, position.average_price) == (D(0), D(0), D(0))
        assert Fraction(position.realized_pnl) == self.model.cash - self.model.elsewhere

    def close(self, amount: D, price: D, fee: D = D(0)) -> None:
        side = Side.SELL if self.books.position.amount > 0 else Side.BUY
        self.book(Fill(f"c{self.booked}", side, amount, price, fee, "USDT", 1, "BTC", "USDT"))

    @invariant()
    def the_cash_that_moved_is_what_was_realized_less_what_is_tied_up(self) -> None:
        position, model = self.books.position, self.model
        assert Fraction(self.books.cash) - self.paid_in == model.cash
        assert model.cash == Fraction(position.realized_pnl) - Fraction(position.cost) + model.elsewhere

    @invariant()
    def amount_and_fees_are_exact(self) -> None:
        assert Fraction(self.books.position.amount) == self.model.amount
        assert Fraction(self.books.position.fees) == self.model.fees

    @invariant()
    def the_cost_is_that_of_the_lots_but_for_what_was_cut_at_18_places(self) -> None:
        # A cut is below 1e-18, and what closes afterwards takes its share of it along.
        assert abs(Fraction(self.books.position.cost) - self.model.cost) <= self.booked * Fraction(1, 10**18)
        assert self.books.position.average_price >= 0

    @invariant()
    def profit_is_what_closing_at_the_mark_would_leave(self) -> None:
        position, mark = self.books.position, D("123.456789012345678901")
        profit = Fraction(position.realized_pnl) + Fraction(position.unrealized_pnl(mark))
        worth = Fraction(self.books.equity(mark)) - self.paid_in
        assert profit + self.model.elsewhere == worth == self.model.cash + self.model.amount * Fraction(mark)


TestAnyFills = AnyFills.TestCase
TestAnyFills.settings = settings(max_examples=60, stateful_step_count=30)
