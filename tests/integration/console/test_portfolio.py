"""The portfolio of a real database, on the terminal and on the page."""

import html
import json
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, update

from console.portfolio import show_portfolio
from shared import candles
from shared.clock import now_us
from shared.config import Settings
from shared.database import Database
from shared.errors import ConfigError, StopError
from shared.market import Ticker
from shared.models import equity_history, strategy_metadata, trades
from shared.portfolio import Account, PortfolioReader
from shared.trading import Side
from tests.integration.console.market import BTC, IDLE, RUNNING, fill_database, trade
from tests.integration.console.serving import served

DAY_US = 86_400_000_000
PAPER = Account("paper", "USDT")


@pytest.fixture
def settings(database: Database) -> Settings:
    return Settings.model_validate({"exchanges": {"binance": {}}, "database": {"url": str(database.writer.url)}})


@pytest.fixture
def client(database: Database) -> Iterator[httpx.Client]:
    with served(database) as opened:
        yield opened


def price(database: Database, bid: str) -> None:
    """A later ticker."""
    with database.write() as connection:
        newest = candles.latest_ticker(connection, "binance", "BTC/USDT")
        assert newest
        later = Ticker("binance", "BTC/USDT", newest.timestamp + 1, D(bid), D(bid), D(bid), now_us())
        candles.save_tickers(connection, [later])


def test_the_sums_are_those_of_the_books_at_the_live_mark(database: Database) -> None:
    fill_database(database)
    totals = PortfolioReader(database).now().totals[PAPER]
    assert (totals.strategies, totals.positions) == (2, 1)
    assert (totals.cash, totals.net, totals.equity) == (D("1990.27"), D("11.0"), D("2001.27"))
    assert (totals.realized, totals.unrealized, totals.fees) == (D("0.37"), D("0.9"), D("0.03"))


def test_what_is_followed_equals_what_is_read_afresh(database: Database) -> None:
    fill_database(database)
    followed = PortfolioReader(database)
    followed.now()
    trade(database, 4, Side.BUY, "0.2", "107")
    price(database, "121")
    trade(database, 5, Side.SELL, "0.3", "120")
    assert followed.now().totals == PortfolioReader(database).now().totals
    assert followed.now().totals[PAPER].positions == 0


def test_profit_over_time_is_the_profit_of_the_books(database: Database) -> None:
    fill_database(database)
    (account,) = PortfolioReader(database).report(now_us()).accounts
    assert account.record.curve.gain == account.totals.pnl == D("1.27")
    assert [row.record.curve.gain for row in account.strategies] == [D("1.27"), D(0)]
    assert [row.share for row in account.strategies] == [1.0, 0.0]


def test_a_curve_carries_on_what_was_known_last_at_each_midnight(database: Database) -> None:
    fill_database(database)
    now = now_us()
    with database.write() as connection:
        connection.execute(update(equity_history).values(recorded_at_us=now - 20 * DAY_US))
        row = {"strategy_id": RUNNING, "cash": D(1), "positions_value": D(0), "recorded_at_us": now - 10 * DAY_US}
        connection.execute(insert(equity_history).values(**row, equity=D(1100)))
    view = PortfolioReader(database).report(now, strategy_id=RUNNING)
    (account,) = view.accounts
    assert view.period == "daily"
    assert [at % DAY_US for at in account.record.curve.edges_us[1:-1]] == [0] * 20
    before, after = account.record.curve.equity[1:10], account.record.curve.equity[12:-1]
    assert len(set(before)) == 1
    assert set(after) == {D(1100)}
    assert account.record.curve.equity[-1] == D("1001.27")


def test_a_strategy_that_joins_later_brings_money_and_no_profit(database: Database) -> None:
    fill_database(database)
    now = now_us()
    with database.write() as connection:
        for name, days in ((RUNNING, 20), (IDLE, 5)):
            opening = (equity_history.c.strategy_id == name) & (equity_history.c.equity == D(1000))
            connection.execute(update(equity_history).where(opening).values(recorded_at_us=now - days * DAY_US))
    (account,) = PortfolioReader(database).report(now).accounts
    assert sum(account.record.curve.paid_in) == D(1000)
    assert account.record.curve.gain == D("1.27")
    assert account.record.performance.total_return == pytest.approx(0.00127, abs=1e-3)


def test_buy_and_hold_follows_the_candles(database: Database) -> None:
    fill_database(database)
    now = now_us()
    with database.write() as connection:
        connection.execute(update(equity_history).values(recorded_at_us=now - 3_600_000_000))
        bought_at = candles.frame(connection, BTC, now // 1000 - 3_600_000 - 60_000, 1).close[-1]
    (account,) = PortfolioReader(database).report(now, strategy_id=IDLE).accounts
    assert account.record.benchmark.total_return == pytest.approx(110 / float(bought_at) - 1)
    assert account.record.performance.total_return == 0


def test_a_round_trip_counts_once_it_is_flat(database: Database) -> None:
    fill_database(database)
    live = PortfolioReader(database)
    (open_still,) = live.report(now_us()).accounts
    assert (open_still.record.activity.trades, open_still.record.activity.trips) == (3, 0)
    trade(database, 4, Side.SELL, "0.1", "110")
    (closed,) = live.report(now_us()).accounts
    assert (closed.record.activity.trips, closed.record.activity.wins) == (1, 1)
    assert closed.record.activity.expectancy == closed.totals.realized == D("1.26")


def test_a_fee_of_unknown_worth_is_told_beside_the_others(database: Database) -> None:
    fill_database(database)
    with database.write() as connection:
        connection.execute(
            update(trades).where(trades.c.trade_id == "t1").values(fee=D("0.001"), fee_asset="BNB", fee_quote=None)
        )
    (account,) = PortfolioReader(database).report(now_us()).accounts
    assert (account.record.activity.fees, account.record.activity.other_fees) == (D("0.02"), {"BNB": D("0.001")})


def test_paper_and_live_are_kept_apart(database: Database) -> None:
    fill_database(database)
    with database.write() as connection:
        idle = strategy_metadata.c.strategy_id == IDLE
        connection.execute(update(strategy_metadata).where(idle).values(broker="live"))
    found = PortfolioReader(database).report(now_us())
    assert [str(view.account) for view in found.accounts] == ["live USDT", "paper USDT"]
    assert [view.totals.equity for view in found.accounts] == [D(1000), D("1001.27")]


def test_an_unknown_strategy_is_answered_with_the_known_ones(database: Database) -> None:
    fill_database(database)
    with pytest.raises(ConfigError, match=f"no strategy nobody .* {IDLE}, {RUNNING}"):
        PortfolioReader(database).report(now_us(), strategy_id="nobody")


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_terminal_shows_every_number_whole(
    settings: Settings,
    database: Database,
    columns: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill_database(database)
    monkeypatch.setenv("COLUMNS", columns)
    assert show_portfolio(settings, None, None, as_json=False) == 0
    shown = capsys.readouterr().out
    assert "equity 2,001.27 = cash 1,990.27 + positions 11.00" in shown
    assert "P&L +1.27 = realized +0.37 + unrealized +0.90" in shown
    assert RUNNING in shown
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= int(columns)


def test_an_empty_portfolio_says_what_is_to_come(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_portfolio(settings, 30, None, as_json=False) == 0
    assert "no strategy yet" in capsys.readouterr().out


def test_programs_get_exact_money_and_no_infinity(
    settings: Settings, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_database(database)
    assert show_portfolio(settings, 1, RUNNING, as_json=True) == 0
    (account,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["accounts"]
    assert (account["equity"], account["pnl"], account["gain"]) == ("1001.27", "1.27", "1.27")
    (row,) = account["strategies"]
    assert (row["strategy_id"], row["amount"], row["unrealized_pnl"]) == (RUNNING, "0.1", "0.9")
    assert account["performance"]["sharpe"] is None


def test_without_a_database_nothing_is_created(tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    settings = Settings.model_validate({"exchanges": {"binance": {}}, "database": {"url": f"sqlite:///{missing}"}})
    with pytest.raises(StopError, match="there is no database"):
        show_portfolio(settings, None, None, as_json=False)
    assert not missing.exists()


def test_the_page_shows_the_portfolio(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    page = client.get("/portfolio")
    assert page.status_code == 200
    for shown in (
        "2,001.27",
        "+1.27",
        RUNNING,
        IDLE,
        "buy and hold",
        'data-from="/portfolio/live?window=all"',
        "<polyline",
    ):
        assert shown in page.text, shown
    assert "style=" not in page.text


def test_the_part_that_changes_comes_alone(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    part = client.get("/portfolio/live?window=7d").text
    assert "<html" not in part
    assert 'href="/portfolio?window=7d" aria-current="true"' in part


def test_a_window_that_is_none_is_refused(client: httpx.Client) -> None:
    assert client.get("/portfolio?window=<script>").status_code == 422


def test_an_empty_portfolio_has_a_page(client: httpx.Client) -> None:
    assert "No strategy yet" in html.unescape(client.get("/portfolio").text)


def test_the_api_gives_exact_money(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    (account,) = client.get("/api/portfolio").json()["accounts"]
    assert (account["broker"], account["quote"], account["equity"]) == ("paper", "USDT", "2001.27")
