"""How far back an exchange goes: what it does not hand out is noted, rebuilt from trades, and never mistaken."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from shared.candles import unreachable
from shared.market import Interval, Series
from shared.models import series_unreachable
from tests.integration.backfiller.rig import Place, Simulate, until

KRAKEN, COINBASE = Series("kraken", "BTC/USD", "1m"), Series("coinbase", "ETH/USD", "1m")
HOUR = 3_600_000
DAY = 24 * HOUR


def lost(place: Place, series: Series) -> list[Interval]:
    with place.database.read() as connection:
        return unreachable(connection, series)


def date(days_ago: float) -> str:
    return datetime.fromtimestamp(time.time() - days_ago * 86_400, UTC).strftime("%Y-%m-%d")


@pytest.fixture
def without_trades(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an exchange whose older trades can't be had."""
    monkeypatch.setattr("backfiller.rebuild.offers_trade_history", lambda _exchange: False)


@pytest.mark.usefixtures("without_trades")
def test_what_lies_beyond_the_newest_720_candles_is_noted_and_the_rest_is_fetched(
    simulate: Simulate, place: Place
) -> None:
    exchange = simulate("--dialect", "kraken", "--days", "3")
    place.configure(exchange, {"symbol": "BTC/USD", "days": 2}, name="kraken")
    assert place.fetch() == 0
    (known,), (missing,) = place.covered(KRAKEN), lost(place, KRAKEN)
    assert missing.end == known.start
    assert 717 <= (known.end - known.start) // KRAKEN.step <= 720
    assert place.rows(KRAKEN) == exchange.truth(KRAKEN, known)
    with place.database.read() as connection:
        assert connection.execute(select(series_unreachable.c.reason)).scalars().all() == [
            "the exchange keeps only the newest 720 candles"
        ]
    asked = len(exchange.log("OHLC"))
    assert place.fetch() == 0
    assert len(exchange.log("OHLC")) - asked <= 1, "what can't be had is not asked for again"


@pytest.mark.usefixtures("without_trades")
def test_a_market_younger_than_the_reach_has_lost_nothing(simulate: Simulate, place: Place) -> None:
    listed = f"BTC/USD={date(1)}"
    exchange = simulate("--dialect", "kraken", "--days", "40", "--listed", listed)
    series = Series("kraken", "BTC/USD", "1h")
    place.configure(exchange, {"symbol": "BTC/USD", "timeframe": "1h", "days": 35}, name="kraken")
    assert place.fetch() == 0
    (known,) = place.covered(series)
    assert lost(place, series) == []
    assert (known.end - known.start) // HOUR >= 35 * 24 - 1
    assert place.rows(series) == exchange.truth(series, known)


@pytest.mark.usefixtures("without_trades")
def test_an_exchange_that_is_not_known_to_jump_is_found_out(
    simulate: Simulate, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("backfiller.reach", "backfiller.collect", "backfiller.source"):
        monkeypatch.setattr(f"{module}.reach_candles", lambda _exchange: None)
    exchange = simulate("--dialect", "kraken", "--days", "3")
    place.configure(exchange, {"symbol": "BTC/USD", "days": 2}, name="kraken")
    assert place.fetch() == 0
    (known,), (missing,) = place.covered(KRAKEN), lost(place, KRAKEN)
    assert missing.end == known.start
    assert place.rows(KRAKEN) == exchange.truth(KRAKEN, known)


def test_what_can_not_be_had_as_candles_is_made_of_trades(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--dialect", "kraken", "--days", "2", "--symbols", "BTC/USD,ADA/USD", "--thin", "ADA/USD=0.3")
    thin = Series("kraken", "ADA/USD", "1m")
    place.configure(exchange, {"symbol": "BTC/USD", "days": 1}, {"symbol": "ADA/USD", "days": 1}, name="kraken")
    assert place.fetch() == 0
    for series in (KRAKEN, thin):
        (known,) = place.covered(series)
        assert lost(place, series) == []
        assert known.end - known.start >= DAY - 3 * series.step
        assert place.rows(series) == exchange.truth(series, known)


def test_killed_while_it_makes_candles_of_trades_it_goes_on_where_it_was(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--dialect", "kraken", "--days", "3")
    place.configure(exchange, {"symbol": "BTC/USD", "days": 2}, name="kraken")
    exchange.fault(kind="latency", ms=30, paths="Trades")
    process = place.start("--once")
    until(
        "some of what is out of reach to be made of trades",
        lambda: (left := lost(place, KRAKEN)) and any(p.end == left[0].start for p in place.covered(KRAKEN)),
    )
    process.kill()
    process.wait()
    (left,), rows = lost(place, KRAKEN), place.rows(KRAKEN)
    assert left, "it was killed midway"
    for part in place.covered(KRAKEN):
        assert [row for row in rows if part.start <= row[0] < part.end] == exchange.truth(KRAKEN, part)
    exchange.clear()
    asked = exchange.log("Trades")[-1]["n"]
    assert place.fetch() == 0
    (known,) = place.covered(KRAKEN)
    assert lost(place, KRAKEN) == []
    assert place.rows(KRAKEN) == exchange.truth(KRAKEN, known)
    resumed = [int(request["query"]["since"]) // 1_000_000 for request in exchange.log("Trades", since=asked)]
    assert min(resumed) >= left.start - 1, "what was made of trades is not asked for again"


def test_a_market_listed_years_after_the_start_is_found_in_some_requests(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--dialect", "coinbase", "--days", "2000", "--listed", f"ETH/USD={date(1.5)}")
    place.configure(exchange, {"symbol": "ETH/USD", "days": 1_900}, name="coinbase")
    assert place.fetch() == 0
    (known,) = place.covered(COINBASE)
    rows = place.rows(COINBASE)
    assert rows == exchange.truth(COINBASE, known)
    assert known.end - known.start >= 1_899 * DAY
    pages = -(-len(rows) // 300)
    assert len(exchange.log("candles")) <= pages + 30, "1,900 days of 1m are 9,120 pages"


def test_minutes_without_trades_and_an_outage_are_told_from_the_end(simulate: Simulate, place: Place) -> None:
    exchange = simulate("--dialect", "coinbase", "--days", "3", "--thin", "ETH/USD=0.3")
    place.configure(exchange, {"symbol": "ETH/USD", "days": 2}, name="coinbase")
    assert place.fetch() == 0
    (known,) = place.covered(COINBASE)
    assert place.rows(COINBASE) == exchange.truth(COINBASE, known)
