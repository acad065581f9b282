"""What is the matter with exchanges."""

from console.troubles import exchange_troubles
from shared.overview import ExchangeView, Overview

LIMITS = {"binance": 2_000, "kraken": 2_000}


def troubles(*views: ExchangeView) -> list[tuple[str, str, str]]:
    return [(name, what, why) for name, what, why, _ in exchange_troubles(Overview(0, (), (), (), views), LIMITS)]


def test_an_exchange_that_answers_and_keeps_time_is_not_mentioned() -> None:
    assert troubles(ExchangeView("binance", "open", "", 0, -2_000), ExchangeView("kraken", "open", "", 0, None)) == []


def test_a_cool_down_is_told_with_what_is_left_of_it() -> None:
    cooling = ExchangeView("binance", "cooling", "too many requests", 89_400, 3)
    assert troubles(cooling) == [("binance", "cools down", "89 s more; too many requests")]


def test_a_stopped_exchange_with_a_wrong_clock_is_told_twice() -> None:
    stopped = ExchangeView("kraken", "stopped", "invalid key", 0, -5_400)
    assert [what for _, what, _ in troubles(stopped)] == ["stopped", "clock alarm"]
    assert "−5,400 ms" in troubles(stopped)[1][2]


def test_an_exchange_that_is_configured_no_longer_is_not_mentioned() -> None:
    assert troubles(ExchangeView("okx", "stopped", "invalid key", 0, 9_000)) == []
