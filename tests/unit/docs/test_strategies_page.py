"""The worked example of docs/strategies.md loads from its section, decides as it says, and passes the check."""

import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import chandler
from shared.config import StrategySettings, load_settings
from shared.indicators import with_indicators
from shared.market import Frame
from shared.trading import Position, Signal, Strategy, hold, target
from tests.unit.docs.pages import ROOT, blocks, text
from trader.check import check, walk
from trader.loading import is_shipped, known, load, needs

PAGE = ROOT / "docs/strategies.md"
FLAT, LONG = Position(), Position(amount=Decimal(1), cost=Decimal(100))


@pytest.fixture
def section(tmp_path: Path) -> StrategySettings:
    (block,) = blocks(PAGE, "toml")
    (tmp_path / "chandler.toml").write_text(f"[exchanges.binance]\n{block}", encoding="utf-8")
    (wanted,) = load_settings({"CHANDLER_CONFIG": str(tmp_path / "chandler.toml")}).strategies
    (python,) = blocks(PAGE, "python")
    (tmp_path / f"{wanted.name}.py").write_text(python, encoding="utf-8")
    return wanted


def decide(strategy: Strategy, closes: list[float], position: Position) -> Signal:
    close = np.array(closes, dtype=np.float64)
    columns = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": np.ones_like(close)}
    frame = Frame(np.arange(len(close), dtype=np.int64) * 60_000, columns)
    return strategy.decide(with_indicators(frame, needs("one", strategy).indicators), position)


def test_the_example_buys_a_dip_with_the_levels_it_names(section: StrategySettings, tmp_path: Path) -> None:
    strategy = load(section, tmp_path)
    rising = [100.0 + i for i in range(strategy.warm_up)]
    dip = rising[-1] - 10
    expected = target(
        0.5, f"close {dip:g} is a dip below {rising[-1]:g}", limit=dip, stop=dip - 10, take_profit=rising[-1]
    )
    assert decide(strategy, [*rising, dip], FLAT) == expected
    assert decide(strategy, rising, FLAT) == hold()
    assert decide(strategy, [*rising, dip], LONG) == hold()
    assert decide(strategy, rising[::-1], LONG) == target(0, "the trend has turned")


def test_the_example_passes_the_check(section: StrategySettings, tmp_path: Path) -> None:
    report = check(section.id, lambda: load(section, tmp_path), "BTC/USDT", lambda rows: walk(rows, 1, 60_000), 500)
    assert report.findings == ()
    assert report.buys > 0
    assert report.sells > 0


def test_the_page_names_every_shipped_strategy() -> None:
    shipped = {name for name, path in known(Path("nowhere")).items() if is_shipped(path)}
    assert set(re.findall(r"^\| \[`(\w+)`\]", text(PAGE), re.MULTILINE)) == shipped


def test_the_page_explains_every_finding_of_the_check() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "trader/check").glob("*.py"))
    kinds = set(re.findall(r'Finding\("([\w -]+)"', code)) | set(re.findall(r'_differing\(\s*"([\w-]+)"', code))
    kinds |= set(re.findall(r'^ +\("([\w-]+)", "it ', code, re.MULTILINE))
    table = text(PAGE).partition("| finding | means |")[2].partition("\n\n")[0]
    assert kinds - {"prints", "candles"} == set(
        re.findall(r"`([\w -]+)`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE)))
    )


def test_what_the_page_imports_is_what_the_public_face_offers() -> None:
    (block,) = blocks(PAGE, "python")
    names = re.search(r"from chandler import (.+)", block)
    assert names
    assert set(names[1].split(", ")) <= set(chandler.__all__)
