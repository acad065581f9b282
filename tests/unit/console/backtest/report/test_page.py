"""The page of a test: what stands in it, and that it can't be broken by what it shows."""

import json
import re
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.backtest.report import Report, Thinned, page, write
from console.backtest.report.drawing import telling
from console.words import money
from shared.config import RiskSettings
from shared.errors import StopError
from shared.market import Interval
from shared.trading import buy, sell
from tests.unit.trader.backtest.example import BEGIN, MINUTE, Prices, flat, history, traded
from trader.backtest.outcome import Outcome

RISEN = [*flat(2), *flat(5, 110.0), *flat(5, 121.0)]
ORDERS = {0: buy(), 4: sell(), 8: buy()}


def shown(outcome: Outcome, candles: list[Prices] = RISEN, **settings: Any) -> str:
    thinned = Thinned(MINUTE)
    thinned.add(history(candles))
    known: dict[str, Any] = {"name": "told", "parameters": {"window": 14}, "gaps": [], "source": "a.parquet"}
    return page(Report(outcome, candles=thinned, **{**known, **settings}))


def drawn(text: str) -> Any:
    (found,) = re.findall(r'<script type="application/json" id="drawing">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def test_the_page_names_no_address_and_lets_the_browser_load_nothing() -> None:
    text = shown(traded(RISEN, ORDERS))
    assert "default-src 'none'" in text
    assert not re.search(r"(https?:)?//[a-z]|<link|<img|\ssrc=|@import|url\(", text)


def test_the_page_tells_what_was_tested_and_what_it_came_to() -> None:
    outcome = traded(RISEN, ORDERS, limits=RiskSettings(max_drawdown=D("0.2")))
    text = shown(outcome)
    for told in (
        money(outcome.equity),
        "told on binance BTC/USDT 1m",
        "window",
        "12 of 12",
        "a.parquet",
        "max_drawdown",
        "0.100 %",
    ):
        assert told in text, told
    assert outcome.sha256() in text
    assert "still held at the end" in text


def test_the_charts_have_every_trade_at_its_price_and_what_is_held_since_when() -> None:
    found = drawn(shown(traded(RISEN, ORDERS)))
    (trade,) = found["trades"]
    assert trade[:5] == [BEGIN + MINUTE, BEGIN + 5 * MINUTE, 9.89, 100, 110]
    assert trade[5] == pytest.approx(96.82, abs=0.01)
    assert trade[-1] == "exit"
    assert found["held"] == [BEGIN + 9 * MINUTE, 121]
    assert found["candles"]["close"] == [100] * 2 + [110] * 5 + [121] * 5
    assert found["curve"]["hold"][-1] == 1_210


def test_a_hole_in_the_candles_is_told_and_drawn() -> None:
    gap = Interval(BEGIN + 3 * MINUTE, BEGIN + 5 * MINUTE)
    text = shown(traded(RISEN, ORDERS), gaps=[gap])
    assert "1 gap of the candles were never fetched" in text
    assert drawn(text)["gaps"] == [[gap.start, gap.end]]


def test_a_test_without_a_trade_or_a_candle_has_its_page_too() -> None:
    assert "No trade was closed." in shown(traded(RISEN, {}))
    empty = traded(RISEN, {}, start=BEGIN + 10**9)
    text = page(Report(empty, "told", {}, Thinned(MINUTE), [], "a.parquet"))
    assert "without a candle" in text
    assert drawn(text)["candles"]["at"] == []


def test_a_name_is_text_whatever_it_says() -> None:
    nasty = '</script><script>alert("x")</script>'
    text = shown(traded(RISEN, {0: buy(reason=nasty), 4: sell()}), name=nasty, parameters={nasty: nasty}, source=nasty)
    assert nasty not in text
    assert text.count("</script>") == 2


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    thinned = Thinned(MINUTE)
    tested = Report(traded(RISEN, ORDERS), "told", {}, thinned, [], "a.parquet")
    size = write(tested, tmp_path / "report.html")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").stat().st_size == size
    with pytest.raises(StopError, match="can't write"):
        write(tested, tmp_path / "none" / "report.html")


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=300), st.integers(3, 60))
def test_few_points_keep_the_highest_the_lowest_and_both_ends(values: list[int], most: int) -> None:
    equity = [D(value) for value in values]
    rows = telling(equity, most)
    kept = [equity[row] for row in rows]
    assert (min(kept), max(kept), kept[0], kept[-1]) == (min(equity), max(equity), equity[0], equity[-1])
    assert rows == sorted(set(rows))
    assert len(rows) <= most + 3
