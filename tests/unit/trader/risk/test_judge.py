"""What a signal may become."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.trading import (
    Books,
    Kind,
    Position,
    Side,
    Signal,
    State,
    StateRow,
    buy,
    client_order_id,
    hold,
    sell,
    target,
)
from tests.unit.trader.risk.example import CANDLE, FLAT, HOLDING, MARKET, NOW, RUNNING, TICKER, amount, verdict, waiting
from trader.risk import Verdict
from trader.situation import Situation


def test_a_buy_spends_the_cash_less_the_reserve_and_the_fee_in_whole_lots() -> None:
    order = verdict(buy()).order
    assert order is not None
    assert order.amount == D("0.49450")  # 9,900 / (20,000 * 1.001), rounded down to 0.00001
    assert (order.side, order.leg, order.decided_at_us, order.kind) == (Side.BUY, "entry", NOW, Kind.MARKET)
    assert order.client_order_id == client_order_id("one", CANDLE, "entry")


def test_a_sell_closes_the_asked_fraction_of_the_position() -> None:
    order = verdict(sell("0.5"), HOLDING).order
    assert order is not None
    assert (order.amount, order.side, order.leg) == (D("0.25"), Side.SELL, "exit")


def test_holding_is_no_order_and_no_refusal() -> None:
    assert verdict(hold()) == Verdict(None, "hold", Side.HOLD)


def test_a_limit_is_put_on_the_markets_ticks_and_never_worse_than_asked() -> None:
    bought, sold = verdict(buy(limit=D("19999.999"))).order, verdict(sell(limit=D("20000.001")), HOLDING).order
    assert bought is not None
    assert sold is not None
    assert (bought.kind, bought.limit_price, sold.limit_price) == (Kind.LIMIT, D("19999.99"), D("20000.01"))


def test_a_limit_buys_what_the_cash_pays_at_the_limit() -> None:
    assert amount(buy(limit=D(19800))) == D("0.49950")  # 9,900 / (19,800 * 1.001)


@pytest.mark.parametrize(
    ("exposure", "situation", "side", "ordered"),
    [
        ("0.5", FLAT, Side.BUY, "0.25"),  # half of 10,000 at 20,000
        ("1", FLAT, Side.BUY, "0.4945"),  # as much as the cash pays
        ("0.5", HOLDING, Side.SELL, "0.2475"),  # 0.5 less half of 10,100 at 20,000
        ("0", HOLDING, Side.SELL, "0.5"),
    ],
)
def test_a_target_becomes_an_order_for_the_difference(
    exposure: str, situation: Situation, side: Side, ordered: str
) -> None:
    found = verdict(target(exposure), situation)
    assert found.order is not None
    assert (found.order.side, found.order.amount, found.side) == (side, D(ordered), side)


@pytest.mark.parametrize(("exposure", "situation"), [("0", FLAT), ("0.9901", HOLDING), ("0.00001", FLAT)])
def test_a_target_that_is_reached_as_near_as_the_market_allows_is_held(exposure: str, situation: Situation) -> None:
    assert verdict(target(exposure), situation) == Verdict(None, "hold: the position is worth its target", Side.HOLD)


@pytest.mark.parametrize(
    ("signal", "situation", "reason"),
    [
        (buy(), replace(FLAT, waiting=(waiting("entry"),)), "an order is still open"),
        (buy(), replace(FLAT, market=None), "the market's rules are not known yet"),
        (buy(), replace(FLAT, objection="its clock is off"), "its clock is off"),
        (buy(), replace(FLAT, state=StateRow("*", State.REDUCING, "risk", "loss")), "reducing by risk: loss"),
        (
            buy(),
            replace(FLAT, state=StateRow("one", State.HALTED, "operator", "")),
            "halted by the operator: no reason",
        ),
        (sell(), FLAT, "there is nothing to sell"),
        (sell(), replace(HOLDING, waiting=(waiting("stop"),)), "an exit is on its way already"),
        (buy(), replace(FLAT, books=Books(D(4), Position())), "less than the market's smallest order"),
        (buy(), replace(FLAT, books=Books(D(0), Position())), "less than the market's smallest order"),
        (buy(), replace(FLAT, books=Books(D(10_000), Position(), held=D(9_999))), "less than the market's smallest"),
        (buy(), replace(FLAT, market=replace(MARKET, minimum_amount=D(1))), "smallest order (1, worth 5 or more)"),
        (sell("0.0002"), HOLDING, "0.00010 BTC is less than the market's smallest order"),
    ],
)
def test_a_refusal_says_why(signal: Signal, situation: Situation, reason: str) -> None:
    refused = verdict(signal, situation)
    assert refused.order is None
    assert refused.outcome.startswith("refused: ")
    assert reason in refused.outcome


@pytest.mark.parametrize(
    ("fresh", "may_open", "reason"), [(False, True, "the series is stale"), (True, False, "a newer candle is known")]
)
def test_an_entry_needs_the_newest_candle_of_a_fresh_series(fresh: bool, may_open: bool, reason: str) -> None:
    refused = Verdict.refused(reason, Side.BUY)
    assert verdict(buy(), fresh=fresh, may_open=may_open) == refused
    assert verdict(sell(), HOLDING, fresh=fresh, may_open=may_open).outcome == "ordered"


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (buy(D("NaN")), "its size is NaN"),
        (buy(D("Infinity")), "its size is Infinity"),
        (buy(D(-1)), "its size is -1"),
        (buy(D("1E-999999")), "its size is 1E-999999"),
        (buy(limit=D(-1)), "its limit is -1"),
        (buy(limit=D("1E+999999")), "its limit is 1E+999999"),
        (buy(stop=D("NaN")), "its stop is NaN"),
        (buy(stop=D(20_000)), "its stop 20000 is not below the price 20000"),
        (buy(take_profit=D(19_000)), "its take_profit 19000 is not above the price 20000"),
        (buy(limit=D(19_500), stop=D(19_600)), "its stop 19600 is not below the price 19500"),
        (target(D("NaN")), "its target is NaN"),
        (target("1.5"), "its target is 1.5"),
        (target("0.5", stop=D(30_000)), "its stop 30000 is not below"),
        (Signal(Side.BUY, symbol="ETH/USDT"), "it is for ETH/USDT, which is not configured"),
        (sell(limit=D(0)), "its limit is 0"),
    ],
)
def test_nonsense_is_refused_with_the_reason_and_raises_nothing(signal: Signal, reason: str) -> None:
    refused = verdict(signal, HOLDING)
    assert refused.order is None
    assert refused.outcome.startswith(f"refused: {reason}")
    assert refused.side in (Side.BUY, Side.SELL)  # so that it is kept


def test_a_price_far_from_the_ticker_is_refused() -> None:
    assert "the close 22000 is 10.00% from the ticker's 20000" in verdict(buy(), replace(FLAT, price=D(22_000))).outcome
    assert "price_band 5.00%: the limit 18000 is 10.00% from" in verdict(buy(limit=D(18_000))).outcome


def test_a_ticker_that_is_too_old_is_no_price_to_go_by() -> None:
    old = replace(FLAT, ticker=replace(TICKER, received_at_us=NOW - 91_000_000))
    assert verdict(buy(), old).outcome == "refused: ticker_seconds 90: the last ticker is 91 s old"


def test_without_any_ticker_paper_waits_for_one_and_live_sends_nothing() -> None:
    blind = replace(FLAT, ticker=None)
    assert verdict(buy(), blind).outcome == "ordered"
    assert verdict(buy(), blind, replace(RUNNING, broker="live")).outcome == "refused: no ticker has come yet"


def test_an_exit_above_the_markets_largest_order_is_begun_with_it() -> None:
    found = verdict(sell(), replace(HOLDING, market=replace(MARKET, maximum_amount=D("0.2"))))
    assert found.order is not None
    assert found.order.amount == D("0.2")
    assert found.outcome == "ordered, cut from 0.50000 to 0.20000 by the market's largest order"


def test_an_exit_takes_the_place_of_one_that_waits_at_its_limit_and_of_an_open_entry() -> None:
    for open_order in (waiting("exit", limit="21000"), waiting("entry", limit="19000"), waiting("entry")):
        assert verdict(sell(), replace(HOLDING, waiting=(open_order,))).outcome == "ordered"


def test_a_sell_without_a_position_takes_the_open_entry_back() -> None:
    outcome = verdict(sell(), replace(FLAT, waiting=(waiting("entry", limit="19000"),))).outcome
    assert outcome == "refused: there is nothing to sell; the open entry is taken back"


@given(cash=some.decimals(D("0.01"), D(10**9), places=8), price=some.decimals(D("0.01"), D(10**6), places=2))
def test_no_entry_costs_more_than_the_cash_at_the_price_it_was_decided_on(cash: D, price: D) -> None:
    order = verdict(buy(), replace(FLAT, books=Books(cash, Position()), price=price, ticker=None)).order
    if order is not None:
        assert order.amount * price * (1 + FLAT.costs) <= cash
        assert order.amount % MARKET.amount_step == 0
        assert order.amount * price >= MARKET.minimum_cost


anything = some.decimals(allow_nan=True, allow_infinity=True)
a_price = some.none() | anything


@given(
    side=some.sampled_from(Side),
    size=anything,
    target=a_price,
    limit=a_price,
    stop=a_price,
    take_profit=a_price,
    situation=some.sampled_from([FLAT, HOLDING]),
)
def test_whatever_a_strategy_says_nothing_raises_and_no_order_is_impossible(
    side: Side, size: D, target: D | None, limit: D | None, stop: D | None, take_profit: D | None, situation: Situation
) -> None:
    found = verdict(Signal(side, size, "", target, limit, stop, take_profit), situation)
    if found.order is None:
        assert found.outcome.startswith(("hold", "refused: "))
        return
    assert found.outcome.startswith("ordered")
    assert found.order.amount >= MARKET.minimum_amount
    if found.order.side is Side.SELL:
        assert found.order.amount <= situation.books.position.amount
    else:
        assert found.order.amount * (found.order.limit_price or D(20_000)) <= situation.books.cash
