"""docs/indicators.md names every indicator with its defaults, outputs and first row, and its example runs."""

import re

import numpy as np
import pytest

from shared.indicators import named, over
from shared.indicators.catalogue import KERNELS
from tests.unit.docs.pages import ROOT, blocks, text

PAGE = ROOT / "docs/indicators.md"
ROWS = {
    spec.partition(":")[0]: (spec, re.findall(r"`(\w+)`", outputs))
    for spec, outputs in re.findall(r"^\| `([a-z]+(?::[\d.,]+)?)` \| (`.*?`) \|", text(PAGE), re.MULTILINE)
}


def test_the_page_names_every_indicator() -> None:
    assert set(ROWS) == set(KERNELS)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_the_page_gives_its_defaults_and_outputs(name: str) -> None:
    spec, outputs = ROWS[name]
    assert named(spec) == named(name)
    assert spec.count(",") + (":" in spec) == len(KERNELS[name].parameters)
    assert tuple(outputs) == KERNELS[name].outputs


@pytest.mark.parametrize(
    ("spec", "begins"),
    [
        ("sma:20", (19,)),
        ("ema:20", (19,)),
        ("wma:20", (19,)),
        ("rsi:14", (14,)),
        ("macd:12,26,9", (33, 33, 33)),
        ("roc:10", (10,)),
        ("bollinger:20,2", (19, 19, 19)),
        ("stochastic:14,3,3", (17, 17)),
        ("williams:14", (13,)),
        ("cci:20", (19,)),
        ("atr:14", (14,)),
        ("adx:14", (27, 14, 14)),
        ("psar", (1,)),
        ("supertrend:10,3", (10, 10)),
        ("obv", (0,)),
        ("mfi:14", (14,)),
        ("vwap", (0,)),
        ("keltner:20,10,2", (19, 19, 19)),
        ("donchian:20", (19, 19, 19)),
        ("ichimoku:9,26,52", (8, 25, 25, 51, 0)),
    ],
)
def test_an_indicator_begins_at_the_row_the_page_says(spec: str, begins: tuple[int, ...]) -> None:
    close = 100 + np.random.default_rng(7).normal(size=100).cumsum()
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": np.ones(100)}
    columns["timestamp"] = np.arange(100) * 60_000.0
    assert tuple(int(np.argmax(~np.isnan(column))) for column in over(columns, spec)) == begins


def test_the_example_runs() -> None:
    (python,) = blocks(PAGE, "python")
    names: dict[str, object] = {}
    exec(python, names)  # noqa: S102 - it is our own page
    assert isinstance(names["state"], list)
