"""A series is one (exchange, symbol, timeframe)."""

import pytest

from shared.market import Series, base_of, quote_of

BTC_HOURS = Series("binance", "BTC/USDT", "1h")
NOON = 1_640_995_200_000  # 2022-01-01T00:00:00Z


def test_a_series_reads_as_its_three_names() -> None:
    assert str(BTC_HOURS) == "binance BTC/USDT 1h"
    assert BTC_HOURS.key == ("binance", "BTC/USDT", "1h")


def test_equal_names_are_the_same_series() -> None:
    assert len({BTC_HOURS, Series("binance", "BTC/USDT", "1h"), Series("kraken", "BTC/USDT", "1h")}) == 2


def test_its_step_is_the_length_of_its_timeframe() -> None:
    assert BTC_HOURS.step == 3_600_000


@pytest.mark.parametrize(("after", "floor"), [(0, 0), (1, 0), (3_599_999, 0), (3_600_000, 3_600_000)])
def test_floor_gives_the_open_time_of_the_candle_that_contains_an_instant(after: int, floor: int) -> None:
    assert BTC_HOURS.floor(NOON + after) == NOON + floor


def test_the_candle_that_opened_an_hour_ago_is_closed_on_the_hour_and_not_a_millisecond_before() -> None:
    hour = BTC_HOURS.step
    assert BTC_HOURS.closed_end(NOON + hour) == NOON + hour
    assert BTC_HOURS.closed_end(NOON + hour - 1) == NOON


@pytest.mark.parametrize(("exchange", "symbol"), [("", "BTC/USDT"), ("binance", ""), ("binance", "BTCUSDT")])
def test_a_series_without_an_exchange_or_a_symbol_like_btc_usdt_is_refused(exchange: str, symbol: str) -> None:
    with pytest.raises(ValueError, match="a series needs an exchange and a symbol"):
        Series(exchange, symbol, "1m")


def test_a_series_of_an_unknown_timeframe_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown timeframe '7m'"):
        Series("binance", "BTC/USDT", "7m")


def test_a_symbol_names_what_is_bought_and_what_pays() -> None:
    assert (base_of("BTC/USDT"), quote_of("BTC/USDT")) == ("BTC", "USDT")
    assert quote_of("BTC/USDT:USDT") == "USDT"
