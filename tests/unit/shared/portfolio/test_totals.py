"""The sums over all strategies, kept up by changes."""

from decimal import Decimal as D
from decimal import localcontext

from hypothesis import given
from hypothesis import strategies as st

from shared.portfolio.holdings import Account, Holding
from shared.portfolio.totals import Portfolio, Totals
from shared.trading import BrokerName, Position

BTC, ETH = ("binance", "BTC/USDT"), ("kraken", "ETH/EUR")


def holding(
    name: str, amount: str, cost: str, cash: str = "0", place: tuple[str, str] = BTC, broker: BrokerName = "paper"
) -> Holding:
    return Holding(name, "rsi", broker, *place, "1m", D(cash), Position(D(amount), D(cost), D(5), D(1)))


def test_a_long_and_a_short_cancel_out_in_net_and_add_up_in_gross() -> None:
    portfolio = Portfolio()
    portfolio.mark(BTC, D(110))
    portfolio.hold(holding("a", "2", "200", cash="800"))
    portfolio.hold(holding("b", "-1", "-120", cash="1120"))
    totals = portfolio.totals[Account("paper", "USDT")]
    assert totals == Totals(2, 2, D(1920), D(110), D(330), D(10), D(30), D(2))
    assert (totals.equity, totals.pnl) == (D(2030), D(40))


def test_without_a_price_a_position_stands_at_cost() -> None:
    portfolio = Portfolio()
    portfolio.hold(holding("a", "2", "200"))
    assert portfolio.totals[Account("paper", "USDT")].unrealized == 0
    portfolio.mark(BTC, D(99))
    assert portfolio.totals[Account("paper", "USDT")].unrealized == -2


def test_play_money_is_not_added_to_real_money_nor_one_asset_to_another() -> None:
    portfolio = Portfolio()
    for each in (holding("a", "1", "1"), holding("b", "1", "1", broker="live"), holding("c", "1", "1", place=ETH)):
        portfolio.hold(each)
    assert sorted(map(str, portfolio.totals)) == ["live USDT", "paper EUR", "paper USDT"]


PLACES = {"a": BTC, "b": BTC, "c": ETH, "d": ETH, "e": BTC, "f": ETH}
Mark = tuple[tuple[str, str], D]

money = st.decimals(-(10**9), 10**9, places=18)
prices = st.decimals("0.00000001", 10**6, places=8)
marks = st.tuples(st.sampled_from([BTC, ETH]), prices)


@st.composite
def books(draw: st.DrawFn) -> Holding:
    """Any books of any strategy, long, short or flat; the cost has the sign of the amount."""
    name, amount = draw(st.sampled_from("abcdef")), draw(money)
    cost = draw(prices).copy_sign(amount) if amount else D(0)
    return Holding(
        name, "s", "paper", *PLACES[name], "1m", draw(money), Position(amount, cost, draw(money), draw(money))
    )


@given(st.lists(books() | marks, max_size=40))
def test_after_any_changes_the_sums_are_those_of_a_fresh_start(changes: list[Holding | Mark]) -> None:
    kept, fresh = Portfolio(), Portfolio()
    for change in changes:
        if isinstance(change, Holding):
            kept.hold(change)
        else:
            kept.mark(*change)
    for each in kept.holdings.values():
        fresh.hold(each)
    for place in (BTC, ETH):
        if (price := kept.mark_of(place)) is not None:
            fresh.mark(place, price)
    assert kept.totals == fresh.totals


@given(st.lists(books(), max_size=20), marks)
def test_the_sums_are_those_of_the_parts(changes: list[Holding], mark: Mark) -> None:
    portfolio = Portfolio()
    for change in changes:
        portfolio.hold(change)
    portfolio.mark(*mark)
    for account, totals in portfolio.totals.items():
        members = [each for each in portfolio.holdings.values() if each.account == account]
        with localcontext(prec=100):
            assert totals.pnl == sum((each.pnl(portfolio.mark_of(each.place)) for each in members), D(0))
            assert totals.net == sum((each.value(portfolio.mark_of(each.place)) for each in members), D(0))
            assert totals.cash == sum((each.cash for each in members), D(0))
            assert totals.strategies == len(members)
