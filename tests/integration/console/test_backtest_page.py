"""The page of a test in a real browser, with no network to ask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from console.backtest.report import Report, Thinned, write
from shared.market import Interval
from tests.unit.trader.backtest.example import BEGIN, BTC, MARKET, MINUTE
from tests.unit.trader.backtest.test_always import walk
from trader.backtest.engine import run
from trader.backtest.spec import Backtest
from trader.strategies.rsi_reversion import RsiReversion

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WHOLE = "2021-12-31 to 2022-01-04"
_CHROMIUM = Path("/usr/bin/chromium")
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_QUIET += ["--disable-component-update", "--disable-sync"]
#: How many pixels of a canvas have been drawn on.
_DRAWN = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v).length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not _CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{_CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a test with some hundred trades and a gap."""
    strategy, candles = RsiReversion({"window": 4, "lower": 25, "upper": 75}), Thinned(MINUTE)
    outcome = run(Backtest("one", BTC), strategy, candles.watch([walk(5, 5_000)]), MARKET)
    assert len(outcome.trades) > 60
    gaps = [Interval(BEGIN + 1_000 * MINUTE, BEGIN + 1_100 * MINUTE)]
    file = tmp_path_factory.mktemp("page") / "report.html"
    write(Report(outcome, "rsi_reversion", strategy.parameters.model_dump(), candles, gaps, "a.parquet"), file)
    return file.as_uri()


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page, open; a request for anything else, or a complaint of the browser, fails the test."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True, has_touch=width < 500)
    page, asked, complaints = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(address)
    yield page
    context.close()
    assert (asked, complaints) == ([address], [])


def test_every_chart_is_drawn_and_nothing_is_wider_than_the_screen(page: Page) -> None:
    for name in ("price", "equity", "drawdown"):
        page.wait_for_function(f"({_DRAWN})(document.getElementById('{name}')) > 2000")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_click_on_a_trade_shows_it_in_the_charts(page: Page) -> None:
    window = page.locator("#window")
    expect(window).to_have_text(WHOLE)
    row = page.locator("#trades tbody tr").first
    closed = row.locator("td.when").text_content() or ""
    row.click()
    expect(window).not_to_have_text(WHOLE)  # which may hold the trade's day too
    expect(window).to_contain_text(closed[:10])
    start, _, end = (window.text_content() or "").partition(" to ")
    assert start < closed < end
    page.get_by_role("button", name="All").click()
    expect(window).to_have_text(WHOLE)


def test_the_keys_move_and_zoom(page: Page) -> None:
    window, price = page.locator("#window"), page.locator("#price")
    price.press("+")
    expect(window).not_to_have_text(WHOLE)
    zoomed = window.text_content() or ""
    price.press("ArrowLeft")
    expect(window).not_to_have_text(zoomed)
    price.press("0")
    expect(window).to_have_text(WHOLE)


def test_what_is_under_the_pointer_is_read(page: Page) -> None:
    page.locator("#price").hover(position={"x": 150, "y": 100})
    expect(page.locator("#read-price")).to_contain_text("2022-01-0")
    expect(page.locator("#read-equity")).to_contain_text("buy and hold")
    expect(page.locator("#read-drawdown")).to_contain_text("%")


def test_the_list_of_trades_is_paged_and_sorted(page: Page) -> None:
    rows, pages = page.locator("#trades tbody tr"), page.locator("#pages")
    expect(rows).to_have_count(25)
    page.get_by_role("button", name="Next page").click()
    expect(pages).to_contain_text("26–50 of")
    page.locator("#trades th", has_text="P&L").click()
    gains = [
        float((text or "").replace("−", "-").replace(",", ""))
        for text in rows.locator("td:nth-child(9)").all_text_contents()
    ]
    assert gains == sorted(gains, reverse=True)
    assert len(gains) == 25
