"""What a section holds, and what it makes of it."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.config import Paths, SeriesSettings, Settings, StrategySettings
from shared.market import Series

BTC = {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m"}
RSI = {"id": "rsi-btc-1m", "name": "rsi_reversion", **BTC}
NOON = 1_640_995_200_000 + 12 * 3_600_000  # 2022-01-01T12:00:00Z


def settings(**sections: Any) -> Settings:
    """The sections and one exchange."""
    return Settings.model_validate({"exchanges": {"binance": {}}, **sections})


def test_the_database_lies_in_the_data_directory() -> None:
    assert Paths(data=Path("/data")).database == Path("/data/trading.db")


def test_a_time_without_a_zone_is_utc() -> None:
    series = SeriesSettings(**BTC, start=datetime(2022, 1, 1), end=datetime(2022, 1, 2, tzinfo=UTC))  # noqa: DTZ001
    assert series.start_ms(NOON, default_days=7) == 1_640_995_200_000
    assert series.end_ms() == 1_641_081_600_000


def test_history_begins_so_many_days_back_on_the_grid() -> None:
    assert SeriesSettings(**BTC, days=0.5).start_ms(NOON + 59_999, default_days=7) == NOON - 12 * 3_600_000
    assert SeriesSettings(**BTC).start_ms(NOON, default_days=1) == NOON - 86_400_000
    assert SeriesSettings(**BTC).end_ms() is None


@pytest.mark.parametrize(
    ("bounds", "complaint"),
    [
        ({"start": "2022-01-01", "days": 3}, "give start or days, not both"),
        ({"start": "2022-01-02", "end": "2022-01-01"}, "start must lie before end"),
        ({"start": "yesterday"}, "start"),
    ],
)
def test_a_series_with_a_senseless_span_is_refused(bounds: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        SeriesSettings.model_validate({**BTC, **bounds})


@pytest.mark.parametrize("strategy_id", ["", "rsi btc", "-rsi", "r" * 65, "rsi/btc"])
def test_a_strategy_id_is_a_plain_word(strategy_id: str) -> None:
    with pytest.raises(ValidationError, match="id"):
        StrategySettings.model_validate({**RSI, "id": strategy_id})


@pytest.mark.parametrize("cash", ["0", "-5", "NaN", "Infinity"])
def test_a_strategy_needs_cash_to_begin_with(cash: str) -> None:
    with pytest.raises(ValidationError, match="cash"):
        StrategySettings.model_validate({**RSI, "cash": cash})


def test_cash_is_exact() -> None:
    assert StrategySettings.model_validate({**RSI, "cash": "0.1"}).cash == Decimal("0.1")
    assert StrategySettings.model_validate({**RSI, "cash": 0.1}).cash == Decimal("0.1")


def test_a_series_that_only_a_strategy_names_is_collected_too() -> None:
    eth = {**RSI, "id": "rsi-eth-1m", "symbol": "ETH/USDT"}
    made = settings(series=[{**BTC, "days": 3}], strategies=[RSI, eth, {**eth, "id": "another-on-eth"}])
    assert [(each.series, each.days) for each in made.all_series()] == [
        (Series("binance", "BTC/USDT", "1m"), 3),
        (Series("binance", "ETH/USDT", "1m"), None),
    ]


@pytest.mark.parametrize(
    ("sections", "complaint"),
    [
        ({"series": [{**BTC, "exchange": "kraken"}]}, "series BTC/USDT 1m: exchange 'kraken' has no"),
        ({"strategies": [{**RSI, "exchange": "kraken"}]}, "strategy rsi-btc-1m: exchange 'kraken' has no"),
        ({"series": [BTC, BTC]}, "series 'binance BTC/USDT 1m' is given twice"),
        ({"strategies": [RSI, RSI]}, "strategy id 'rsi-btc-1m' is given twice"),
        ({"exchanges": {}}, "exchanges"),
    ],
)
def test_sections_that_contradict_each_other_are_refused(sections: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        settings(**sections)


def test_settings_can_not_be_changed_later() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings().console.port = 1  # type: ignore[misc]
