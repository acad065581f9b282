"""What is said about a test."""

import json
from decimal import Decimal as D

import pytest

from shared.trading import buy, sell
from tests.unit.trader.backtest.example import BEGIN, MINUTE, flat, traded
from trader.backtest.report import as_json, months, record


def test_the_figures_are_those_of_the_portfolio() -> None:
    outcome = traded([*flat(2), *flat(100, 110.0), *flat(100, 99.0)], {0: buy(), 60: sell()})
    found = record(outcome)
    assert found.performance.total_return == pytest.approx(float(outcome.equity / 1_000 - 1))
    assert found.benchmark.total_return == pytest.approx(-0.01)
    assert (found.activity.trades, found.activity.trips, found.activity.wins) == (2, 1, 1)


def test_a_month_begins_where_the_one_before_ended() -> None:
    days = 45 * 24 * 60
    prices = flat(1) + [(100 + at / days,) * 4 for at in range(days)]
    curve = traded(prices, {0: buy()}).curve
    found = months(curve)
    assert [month.name for month in found] == ["2021-12", "2022-01", "2022-02"]
    whole = 1.0
    for month in found:
        whole *= 1 + month.total_return
    assert whole == pytest.approx(float(curve.equity[-1] / curve.equity[0]))


def test_the_json_has_everything_and_money_as_exact_text() -> None:
    outcome = traded([*flat(2), *flat(3, 110.0)], {0: buy(reason="why not"), 2: sell()})
    found = json.loads(json.dumps(as_json(outcome)))
    assert (found["candles"], found["closed_trades"], found["trades_sha256"]) == (5, 1, outcome.sha256())
    assert found["equity"] == "1096.8231"
    assert found["trades"][0]["pnl"] == "96.8231"
    assert found["trades"][0]["exit_price"] == "110"
    assert [each["side"] for each in found["signals"]] == ["buy", "sell"]
    assert found["signals"][0] == {"candle": BEGIN, "side": "buy", "reason": "why not", "outcome": "ordered"}
    assert found["curve"][-1]["equity"] == "1096.8231"
    assert found["end_ms"] - found["start_ms"] == 5 * MINUTE
    assert D(found["settings"]["market"]["taker_fee"]) == D("0.001")
