"""docs/backtest.md: its spec file is taken, and its columns are those of the strategy they are shown for."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from console.backtest.wish import Wish, configured, planned
from shared.market import Frame
from tests.unit.docs.pages import ROOT, blocks
from trader.strategies.rsi_reversion import RsiReversion

PAGE = ROOT / "docs/backtest.md"


def test_its_spec_file_says_what_is_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHANDLER_CONFIG", raising=False)
    (block,) = blocks(PAGE, "toml")
    Path("mine.toml").write_text(block, encoding="utf-8")
    wish = Wish("mine.toml")
    plan = planned(wish, configured(wish, os.environ))
    assert (plan.wanted.name, str(plan.wanted.series)) == ("ema_cross", "binance BTC/USDT 1m")
    assert (plan.backtest.start, plan.backtest.end) == (1_640_995_200_000, 1_672_531_200_000)
    assert (plan.backtest.paper.slippage, plan.backtest.limits.max_drawdown) == (Decimal("0.0005"), Decimal("0.2"))
    assert plan.market(None).amount_step == Decimal("0.00001")
    assert plan.file == Path("year.parquet")


def test_its_columns_are_those_of_rsi_reversion() -> None:
    (block,) = blocks(PAGE, "python")
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - it is our own page
    strategy = RsiReversion()
    rsi = np.array([np.nan, 10.0, 30.0, 50.0, 70.0, 90.0])
    frame = Frame(np.arange(6, dtype=np.int64) * 60_000, {"close": np.ones(6), "rsi": rsi})
    for name in ("entries", "exits"):
        told = names[name](strategy, frame)
        assert told.any()
        assert not told.all()
        assert told.tolist() == np.asarray(getattr(strategy, name)(frame)).tolist()
