"""The web page on a real database."""

import html
import socket
from collections.abc import Iterator
from threading import Thread

import httpx
import pytest
import uvicorn

from console.web.app import create_app
from console.web.source import Source
from shared import ledger
from shared.candles.exchanges import note_cooldown
from shared.clock import boot_id, boot_us, now_us
from shared.database import Database
from shared.trading import DESK, State, StateRow
from tests.integration.console.market import IDLE, RUNNING, fill_database


@pytest.fixture
def client(database: Database) -> Iterator[httpx.Client]:
    """Speaks HTTP to the page, served on a free port."""
    app = create_app(Source(database, {"binance": 2_000}), "127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none", server_header=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False) as opened:
            yield opened
        server.should_exit = True
        thread.join()


def test_the_page_shows_strategies_series_and_trades(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    page = client.get("/")
    assert page.status_code == 200
    for shown in (RUNNING, IDLE, "BTC/USDT", "running", "waiting", "live", "012345@desk", "+1.27", "1,001.27"):
        assert shown in page.text, shown
    assert page.text.count('class="tag sell"') == 1


def test_the_refreshed_part_is_the_same_that_the_page_was_made_with(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    part = client.get("/live").text
    assert part.strip().startswith("<section")
    assert "<html" not in part
    assert RUNNING in part


def test_an_empty_database_is_shown_with_what_is_to_come(client: httpx.Client) -> None:
    page = html.unescape(client.get("/").text)
    for hint in ("No strategy yet", "No candle yet", "No trade yet"):
        assert hint in page


def test_the_api_gives_exact_money(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    answer = client.get("/api/overview").json()
    (running,) = (view for view in answer["strategies"] if view["strategy_id"] == RUNNING)
    assert running["pnl"] == "1.27"
    assert answer["totals"] == {"candles": 120, "signals": 3, "trades": 3, "pnl": {"USDT": "1.27"}}


def test_what_a_strategy_is_called_can_not_become_markup(client: httpx.Client, database: Database) -> None:
    fill_database(database)
    with database.write() as connection:
        for scope in (RUNNING, DESK):
            row = StateRow(scope, State.HALTED, "strategy", '"><script>alert(1)</script>')
            ledger.set_state(connection, row, now_us())
    page = client.get("/").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 2  # the desk's notice and the strategy's tag


def test_what_holds_the_desk_and_a_strategy_back_is_told_with_who_set_it_and_why(
    client: httpx.Client, database: Database
) -> None:
    fill_database(database)
    with database.write() as connection:
        ledger.set_state(connection, StateRow(DESK, State.REDUCING, "risk", "max_daily_loss"), now_us())
        ledger.set_state(connection, StateRow(IDLE, State.HALTED, "operator", "lunch"), now_us())
    page = client.get("/").text
    assert '<b>the desk</b> <span class="tag warn">reducing by risk</span> max_daily_loss' in page
    assert f'<b>{IDLE}</b> <span class="tag bad">halted by the operator</span> lunch' in page


@pytest.mark.parametrize("path", ["/", "/live", "/api/overview", "/healthz", "/static/console.css", "/nowhere"])
def test_every_answer_forbids_what_the_page_does_not_need(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_a_request_under_a_strangers_name_is_refused(client: httpx.Client) -> None:
    assert client.get("/api/overview", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed_through_it(client: httpx.Client, method: str) -> None:
    assert client.request(method, "/").status_code == 405


def test_a_database_that_can_not_be_read_is_said_so(client: httpx.Client, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE positions RENAME TO gone")
        connection.exec_driver_sql("DROP TABLE series_status")
    assert client.get("/healthz").status_code == 503
    page = client.get("/")
    assert page.status_code == 503
    assert "python schema.py" in page.text


def test_an_exchange_that_cools_down_is_shown_on_the_page_and_told_to_programs(
    client: httpx.Client, database: Database
) -> None:
    with database.write() as connection:
        note_cooldown(connection, "binance", 90, "too many <requests>", now_us(), boot_us(), boot_id())
    page = client.get("/live").text
    assert "cools down" in page
    assert "too many &lt;requests&gt;" in page
    (binance,) = client.get("/api/overview").json()["exchanges"]
    assert binance["state"] == "cooling"
    assert 0 < binance["cooldown_ms"] <= 90_000
