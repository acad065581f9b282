"""The exchange's time goes on with the boot clock, whatever this host's wall clock does."""

import asyncio
from typing import Any

import pytest

from shared.clock import now_ms
from shared.config import ExchangeSettings
from shared.exchange import measure_clock, open_client
from shared.exchange.client import Anchor


def test_an_anchor_runs_on_with_the_boot_clock() -> None:
    anchor = Anchor(exchange_ms=1_700_000_000_000, boot_us=5_000_000)
    assert anchor.at(5_000_000) == 1_700_000_000_000
    assert anchor.at(7_500_999) == 1_700_000_002_500


def test_a_wall_clock_that_steps_forward_closes_no_candle(monkeypatch: pytest.MonkeyPatch) -> None:
    client = open_client("binance", ExchangeSettings())
    before = client.now()
    monkeypatch.setattr("shared.exchange.client.now_ms", lambda: now_ms() + 900_000)
    assert client.now() - before < 60_000


@pytest.mark.parametrize("astray", [0, 1, 2])
def test_one_answer_that_is_far_ahead_does_not_set_the_clock(astray: int, monkeypatch: pytest.MonkeyPatch) -> None:
    client, told = open_client("binance", ExchangeSettings()), [now_ms()] * 3
    told[astray] += 3_600_000

    async def ask(_what: str, _method: str) -> Any:
        return told.pop(0)

    monkeypatch.setattr(client, "ask", ask)
    assert abs(asyncio.run(measure_clock(client))) < 60_000
