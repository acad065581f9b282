"""The console's page, served by its container, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.e2e.compose import Stack, run, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.containers, pytest.mark.timeout(300)]

_CHROMIUM = Path("/usr/bin/chromium")
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_QUIET += ["--disable-component-update", "--disable-sync"]
_PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[Page]:
    """The page, open in Chromium; what its console complains of fails the test that ends with it."""
    if not _CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{_CHROMIUM} is not installed")
    wait_until("the console is healthy", lambda: stack.health("console") == ["healthy"], 60)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)
        page = browser.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.goto(f"http://127.0.0.1:{stack.port}/")
        yield page
        browser.close()
    assert complaints == []


@pytest.mark.parametrize("strategy", ["rsi-btc", "ema-eth", "rsi-sol"])
def test_the_page_shows_every_strategy_running(page: Page, strategy: str) -> None:
    expect(_row(page, "Strategies", strategy)).to_contain_text("running", timeout=_PATIENCE_MS)


@pytest.mark.parametrize("series", ["BTC/USDT 1s", "ETH/USDT 1s", "SOL/USDT 1s", "BTC/USDT 1m"])
def test_the_page_shows_every_series_live(page: Page, series: str) -> None:
    expect(_row(page, "Series", series)).to_contain_text("live", timeout=_PATIENCE_MS)


def test_the_page_moves_without_being_reloaded(page: Page) -> None:
    candles = page.locator(".figures .card").filter(has_text="Candles").locator("b")
    expect(candles).not_to_have_text(candles.inner_text(), timeout=_PATIENCE_MS)


def test_the_page_tells_what_holds_a_strategy_back(page: Page, stack: Stack) -> None:
    notices = page.get_by_label("What stands still")
    (console,) = stack.containers("console")
    run("docker", "exec", console, "chandler", "halt", "ema-eth", "--reason", "drill")
    expect(notices).to_contain_text("ema-eth halted by the operator drill", timeout=_PATIENCE_MS)
    run("docker", "exec", console, "chandler", "resume", "ema-eth")
    expect(notices).to_have_count(0, timeout=_PATIENCE_MS)


def test_the_portfolio_is_a_click_away_with_every_strategy_and_a_curve(page: Page) -> None:
    page.get_by_role("link", name="Portfolio").click()
    expect(page.locator("svg.chart polyline.ours")).to_be_visible(timeout=_PATIENCE_MS)
    for strategy in ("rsi-btc", "ema-eth", "rsi-sol"):
        expect(_row(page, "Strategies", strategy)).to_be_visible()


def _row(page: Page, heading: str, text: str) -> Locator:
    """The row with this text in the table under this heading."""
    section = page.locator("section").filter(has=page.get_by_role("heading", name=heading))
    return section.get_by_role("row").filter(has_text=text)
