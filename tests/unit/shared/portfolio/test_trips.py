"""Round trips: what counts as a win."""

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from shared.portfolio.trips import Deal, Lot, Trips, activity
from shared.trading import Fill, Position, Side, after_fill


def deal(change: str, pnl: str, at_us: int = 0, fee_quote: D | None = D("0.5")) -> Deal:
    return Deal(D(change), abs(D(change)) * 100, D(pnl), D("0.5"), "BNB", fee_quote, at_us)


ANY = Lot()


def followed(*deals: Deal, lot: Lot = ANY) -> Trips:
    trips = Trips(lot)
    for each in deals:
        trips.add(each)
    return trips


def results(trips: Trips) -> list[D]:
    return [trip.pnl for trip in trips.ended]


def test_a_round_trip_is_from_flat_to_flat_with_the_fees_of_entry_and_exit() -> None:
    assert results(followed(deal("1", "-0.5"), deal("-1", "10"))) == [D("9.5")]


def test_partial_closes_belong_to_the_trip_they_reduce() -> None:
    assert results(followed(deal("1", "-1"), deal("-0.5", "3"), deal("1", "-1"), deal("-1.5", "-2"))) == [D(-1)]


def test_what_is_still_open_does_not_count() -> None:
    assert results(followed(deal("1", "-1"), deal("-0.5", "3"))) == []


def test_a_short_ends_when_it_is_bought_back() -> None:
    assert results(followed(deal("-2", "-1"), deal("2", "5"))) == [D(4)]


def test_turning_over_ends_one_trip_and_begins_the_next() -> None:
    assert results(followed(deal("1", "-1"), deal("-3", "8"), deal("2", "-4"))) == [D(7), D(-4)]


def test_a_rest_too_small_to_be_sold_is_flat() -> None:
    lot = Lot(step=D("0.001"), minimum=D("0.01"))
    bought_less_fee, sold = deal("0.9995", "-1"), deal("-0.999", "4")
    assert results(followed(bought_less_fee, sold, lot=lot)) == [D(3)]
    again = followed(bought_less_fee, sold, bought_less_fee, deal("-1", "-6"), lot=lot)
    assert results(again) == [D(3), D(-7)]


def test_a_first_piece_too_small_to_be_sold_ends_nothing() -> None:
    lot = Lot(step=D("0.001"), minimum=D("0.01"))
    assert results(followed(deal("0.001", "-1"), deal("1", "-1"), lot=lot)) == []


def test_win_rate_profit_factor_and_expectancy() -> None:
    outcomes = [deal("1", "0"), deal("-1", "6"), deal("1", "0"), deal("-1", "-2"), deal("1", "0"), deal("-1", "0")]
    found = activity([followed(*outcomes)], 0)
    assert (found.trades, found.trips, found.wins) == (6, 3, 1)
    assert (found.win_rate, found.profit_factor, found.expectancy) == (1 / 3, 3.0, D(4) / 3)
    assert (found.traded, found.fees) == (D(600), D(3))
    assert found.turnover(D(300)) == 2.0


def test_without_trades_no_ratio_is_defined() -> None:
    found = activity([followed()], 0)
    assert (found.win_rate, found.profit_factor, found.expectancy, found.turnover(D(0))) == (None, None, None, None)


def test_a_trip_counts_when_it_ends_and_a_fee_when_it_is_paid() -> None:
    found = activity([followed(deal("1", "-1", at_us=10), deal("-1", "5", at_us=20))], 15)
    assert (found.trades, found.trips, found.gains, found.fees) == (1, 1, D(4), D("0.5"))


def test_fees_of_unknown_worth_are_told_by_asset() -> None:
    found = activity([followed(deal("1", "0", fee_quote=None), deal("-1", "1"))], 0)
    assert (found.fees, found.other_fees) == (D("0.5"), {"BNB": D("0.5")})


amounts = st.integers(1, 50).map(lambda n: D(n) / 10)
fills = st.lists(st.tuples(st.sampled_from([Side.BUY, Side.SELL]), amounts, amounts), max_size=30)


@given(fills)
def test_ended_trips_and_the_open_one_make_up_everything_that_was_realized(orders: list[tuple[Side, D, D]]) -> None:
    position, trips = Position(), Trips()
    for side, amount, price in orders:
        fill = Fill("t", side, amount, price, D("0.01"), "USDT", 0, "BTC", "USDT")
        after = after_fill(position, fill)
        gain = after.realized_pnl - position.realized_pnl
        trips.add(Deal(fill.base_change, fill.cost, gain, fill.fee, "USDT", fill.fee_quote, 0))
        position = after
    assert trips.unfinished == 0 or position.is_open
    assert sum(results(trips), D(0)) + trips.unfinished == position.realized_pnl
