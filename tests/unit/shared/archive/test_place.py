"""Where months lie."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.archive.place import Month, manifest_file, market_of, month_file, month_of, series_of
from shared.market import TIMEFRAMES, Series

ROOT = Path("archive")
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=40)
SYMBOLS = st.builds(lambda base, quote: f"{base}/{quote}", NAMES, NAMES)
MONTHS = st.builds(Month, st.integers(1970, 9998), st.integers(1, 12))


def test_a_month_lies_below_exchange_market_symbol_and_timeframe() -> None:
    path = month_file(ROOT, Series("binance", "BTC/USDT", "1m"), Month(2024, 1))
    assert path == ROOT / "binance/spot/BTC_USDT/1m/2024-01.parquet"
    assert manifest_file(path) == ROOT / "binance/spot/BTC_USDT/1m/2024-01.json"


@given(NAMES, SYMBOLS, st.sampled_from(sorted(TIMEFRAMES)), MONTHS)
def test_whatever_the_symbol_the_path_stays_inside_and_tells_it_back(
    exchange: str, symbol: str, timeframe: str, month: Month
) -> None:
    series = Series(exchange, symbol, timeframe)
    path = month_file(ROOT, series, month)
    assert len(path.parts) == 6
    assert not any(part.startswith(".") for part in path.parts)
    assert all(32 < ord(char) < 127 for char in str(path))
    assert (series_of(path), month_of(path)) == (series, month)


@given(st.tuples(NAMES, SYMBOLS), st.tuples(NAMES, SYMBOLS))
def test_two_series_never_share_a_directory(one: tuple[str, str], other: tuple[str, str]) -> None:
    paths = [month_file(ROOT, Series(*each, "1m"), Month(2024, 1)) for each in (one, other)]
    assert (paths[0] == paths[1]) == (one == other)


@pytest.mark.parametrize(
    "path",
    ["2024-01.parquet", "a/b/c/d/2024-01.parquet", "binance/spot/BTCUSDT/1m/x", "binance/swap/BTC_USDT/1m/x",
     "binance/spot/BTC_USDT/7m/x", "binance/spot/BTC_US%44T/1m/x"],
)  # fmt: skip
def test_a_path_of_another_kind_is_no_series(path: str) -> None:
    with pytest.raises(ValueError, match="as the archive names its files"):
        series_of(ROOT / path)


@pytest.mark.parametrize(
    ("symbol", "market"),
    [("BTC/USDT", "spot"), ("BTC/USDT:USDT", "swap"), ("BTC/USD:BTC-240329", "future"),
     ("BTC/USD:BTC-240329-50000-C", "option")],
)  # fmt: skip
def test_the_symbol_tells_the_market(symbol: str, market: str) -> None:
    assert market_of(symbol) == market


def test_a_month_knows_its_first_instant_and_the_one_after_its_last() -> None:
    assert (Month(2024, 2).start, Month(2024, 2).end) == (1_706_745_600_000, 1_709_251_200_000)
    assert Month(2023, 12).next == Month(2024, 1)


@given(st.integers(0, 253_370_764_799_999))
def test_every_instant_lies_in_its_month(ms: int) -> None:
    month = Month.of(ms)
    assert month.start <= ms < month.end


@pytest.mark.parametrize("name", ["2024-1", "2024-13", "2024", "24-01", "2024-01-01", " 2024-01", "٢٠٢٤-01"])
def test_a_month_is_named_in_one_way_only(name: str) -> None:
    with pytest.raises(ValueError, match="is no month like 2024-01"):
        Month.named(name)
