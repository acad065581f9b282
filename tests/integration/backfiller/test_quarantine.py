"""Whatever an exchange sends: what is no candle of this market is put into quarantine, the rest goes in."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.candles.ledger import refusals
from shared.market import Series
from tests.integration.backfiller.rig import Exchange, Place, Simulate

PLACES = {"binance": "BTC/USDT", "kraken": "BTC/USD", "coinbase": "BTC/USD"}
PATHS = {"binance": "klines", "kraken": "OHLC", "coinbase": "candles"}


def counted(place: Place, series: Series) -> Mapping[str, int]:
    with place.database.read() as connection:
        return refusals(connection).get(series, {})


def configure(place: Place, exchange: Exchange, name: str, days: float) -> Series:
    place.configure(exchange, {"symbol": PLACES[name], "days": days}, backfill="page_candles = 50", name=name)
    return Series(name, PLACES[name], "1m")


def assert_exact(place: Place, exchange: Exchange, series: Series) -> None:
    (known,) = place.covered(series)
    assert place.rows(series) == exchange.truth(series, known)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        (
            {"kind": "bad_rows", "count": 2},
            {"zero or negative price", "not low <= open, close <= high", "time in seconds"},
        ),
        ({"kind": "off_grid", "count": 2}, {"time off the grid"}),
        ({"kind": "truncated", "count": 2}, {"not JSON"}),
        ({"kind": "garbage", "count": 2}, {"not JSON"}),
    ],
    ids=lambda given: given.get("kind", "") if isinstance(given, dict) else "-".join(sorted(given)),
)
def test_bad_rows_are_counted_by_reason_and_asked_for_again(
    name: str, fault: dict[str, Any], reasons: set[str], simulate: Simulate, place: Place
) -> None:
    exchange = simulate("--dialect", name, "--days", "1")
    series = configure(place, exchange, name, 0.2)
    exchange.fault(paths=PATHS[name], **fault)
    assert place.fetch() == 0
    assert_exact(place, exchange, series)
    assert reasons & set(counted(place, series)), counted(place, series)


@pytest.mark.parametrize("name", ["binance", "coinbase"])
def test_a_page_for_another_market_is_known_by_its_prices(name: str, simulate: Simulate, place: Place) -> None:
    """The newest page has no price beside it to compare: here it came right."""
    exchange = simulate("--dialect", name, "--days", "1")
    series = configure(place, exchange, name, 0.05)
    assert place.fetch() == 0
    configure(place, exchange, name, 0.4)
    exchange.fault(kind="wrong_symbol", paths=PATHS[name], share=0.3)
    place.fetch()
    exchange.clear()
    assert place.fetch() == 0
    assert counted(place, series).get("another market's page", 0) > 0
    assert_exact(place, exchange, series)


def test_a_delisted_market_stops_and_the_others_go_on(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--days", "1")
    place.configure(exchange, {"symbol": "ETH/USDT", "days": 0.1}, {"days": 0.1})
    exchange.ask("/control/delist", {"symbol": "ETH/USDT"})
    assert place.fetch() == 1
    gone = place.status(Series("binance", "ETH/USDT", "1m"))
    assert gone.status == "stopped"
    assert "ETH/USDT" in gone.reason
    assert_exact(place, exchange, Series("binance", "BTC/USDT", "1m"))
