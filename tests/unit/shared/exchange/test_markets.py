"""The rules of a market, exactly as the exchange wrote them."""

import asyncio
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from shared.errors import RepairError
from shared.exchange import Client
from shared.exchange.markets import check_series, market, market_rules, market_state, step
from shared.market import Market, Series

BTC: dict[str, Any] = {
    "symbol": "BTC/USDT",
    "precision": {"amount": 1e-05, "price": 0.01},
    "limits": {"cost": {"min": 5.0}, "amount": {"min": 1e-05, "max": 9000.0}, "market": {"min": 0.0, "max": 83.5}},
    "maker": 0.001,
    "taker": 0.00075,
    "feeSide": "get",
}


def test_a_market_in_exact_decimals() -> None:
    assert market("binance", BTC, ccxt.TICK_SIZE) == Market(
        "binance",
        "BTC/USDT",
        amount_step=Decimal("0.00001"),
        price_tick=Decimal("0.01"),
        minimum_cost=Decimal(5),
        maker_fee=Decimal("0.001"),
        taker_fee=Decimal("0.00075"),
        minimum_amount=Decimal("0.00001"),
        maximum_amount=Decimal("83.5"),
        fee_side="received",
    )


@pytest.mark.parametrize(
    ("described", "usual", "expected"),
    [
        ("get", "quote", "received"),
        ("base", "quote", "base"),
        ("quote", "quote", "quote"),
        (None, "quote", "quote"),
        (None, "received", "received"),
    ],
)
def test_where_a_fee_is_taken_from(described: str | None, usual: Any, expected: str) -> None:
    assert market("x", {**BTC, "feeSide": described}, ccxt.TICK_SIZE, usual).fee_side == expected


@pytest.mark.parametrize(("name", "expected"), [("binance", "received"), ("kraken", "quote"), ("okx", "received")])
def test_each_exchange_takes_its_fees_in_its_own_way(name: str, expected: str) -> None:
    exchange = getattr(ccxt, name)()
    listing = {"id": "X", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "spot": True}
    exchange.set_markets([exchange.safe_market_structure(listing)])
    (rules,) = market_rules(Client(name, exchange), ["BTC/USDT"])
    assert rules.fee_side == expected


def test_a_bound_that_is_not_given_does_not_bind() -> None:
    without = market("x", {**BTC, "limits": {"amount": {"min": None, "max": None}}}, ccxt.TICK_SIZE)
    assert (without.minimum_amount, without.maximum_amount, without.minimum_cost) == (Decimal(0), None, Decimal(0))


@pytest.mark.parametrize(
    ("precision", "mode", "expected"),
    [
        (0.1, ccxt.TICK_SIZE, "0.1"),
        (1e-08, ccxt.TICK_SIZE, "1E-8"),
        (5, ccxt.TICK_SIZE, "5"),
        ("0.025", ccxt.TICK_SIZE, "0.025"),
        (2, ccxt.DECIMAL_PLACES, "0.01"),
        (0, ccxt.DECIMAL_PLACES, "1"),
        (-1, ccxt.DECIMAL_PLACES, "1E+1"),
        (None, ccxt.TICK_SIZE, "1E-8"),
        (0.0, ccxt.TICK_SIZE, "1E-8"),
    ],
)
def test_a_step_as_itself_or_as_decimal_places(precision: object, mode: int, expected: str) -> None:
    assert step(precision, mode) == Decimal(expected)


def test_where_digits_count_and_not_steps_any_price_will_do() -> None:
    bitfinex = {**BTC, "precision": {"amount": 8, "price": 5}}
    found = market("bitfinex", bitfinex, ccxt.SIGNIFICANT_DIGITS)
    assert (found.amount_step, found.price_tick) == (Decimal("1E-8"), Decimal("1E-8"))


def test_what_an_exchange_leaves_out_is_assumed() -> None:
    assert market("x", {"symbol": "A/B"}, ccxt.TICK_SIZE) == Market(
        "x", "A/B", Decimal("1e-8"), Decimal("1e-8"), Decimal(0), Decimal("0.001"), Decimal("0.001")
    )


def kraken(symbols: tuple[str, ...] = ("BTC/USD", "ETH/USD")) -> Client:
    """A client whose markets are loaded."""
    exchange = ccxt.kraken()
    exchange.markets = dict.fromkeys(symbols, BTC)
    return Client("kraken", exchange)


def test_a_market_that_the_exchange_does_not_have() -> None:
    with pytest.raises(RepairError) as raised:
        check_series(kraken(), Series("kraken", "BTC/USDD", "1m"))
    assert str(raised.value) == "kraken has no market 'BTC/USDD' (did you mean: BTC/USD, ETH/USD)"


def test_a_timeframe_that_the_exchange_does_not_make() -> None:
    with pytest.raises(RepairError) as raised:
        check_series(kraken(), Series("kraken", "BTC/USD", "1s"))
    assert str(raised.value).startswith("kraken has no 1s candles; it has 1m, 5m, 15m,")


def test_a_series_that_exists_passes() -> None:
    check_series(kraken(), Series("kraken", "BTC/USD", "1m"))


@pytest.mark.parametrize(
    ("symbol", "state", "near"),
    [
        ("BTC/USD", "listed", ()),
        ("ETH/USD", "inactive", ()),
        ("XBT/USD", "unknown", ("BTC/USD",)),
    ],
)
def test_what_became_of_a_market(symbol: str, state: str, near: tuple[str, ...]) -> None:
    client = kraken()
    client.ccxt.markets["ETH/USD"] = {**BTC, "active": False}
    found = asyncio.run(market_state(client, symbol, reload=False))
    assert (found.state, found.near[: len(near)]) == (state, near)
