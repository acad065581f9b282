"""The drill: the real services in real containers on one WAL file, killed, paused and restarted."""

import json
import time
from functools import partial
from typing import Any

import pytest

from tests.e2e.books import (
    Holding,
    decided,
    held_anew,
    holdings,
    paused_between_commits,
    query,
    truth,
    written_under,
)
from tests.e2e.compose import Stack, run, wait_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

_STRATEGIES = {"rsi-btc", "ema-eth", "rsi-sol"}
_TAKEOVER_SECONDS = 30
_SERIES = [("BTC/USDT", "1s"), ("ETH/USDT", "1s"), ("SOL/USDT", "1s"), ("BTC/USDT", "1m")]
_CANDLES = """SELECT timestamp, open, high, low, close, volume FROM ohlcv_data
    WHERE exchange = 'binance' AND symbol = ? AND timeframe = ? AND timestamp < ? ORDER BY timestamp"""

# What is too little to be sold stays after an exit, the fee of a buy leaves it: it holds nothing.
_HOLDERS = "SELECT strategy_id FROM positions WHERE ABS(CAST(amount AS REAL)) > 0.001"
_ENTRIES = "SELECT COUNT(*), COALESCE(MAX(decided_at_us), 0) FROM orders WHERE leg = 'entry'"
_ENTRIES_UNDER_WAY = """SELECT 1 FROM orders
    WHERE leg = 'entry' AND status NOT IN ('filled', 'cancelled', 'rejected')"""
_SALES = "SELECT COUNT(*) FROM trades WHERE side = 'sell'"
_REFUSED_BY_THE_DESK = "SELECT strategy_id FROM signals WHERE outcome LIKE 'refused: halted by the operator: drill%'"


@pytest.fixture
def fleet(stack: Stack) -> dict[str, Holding]:
    """Three traders up, each strategy in somebody's hands."""
    stack.up(traders=3)
    return wait_until("every strategy is held", lambda: _complete(holdings(stack)), 60)


def test_every_service_becomes_healthy(stack: Stack) -> None:
    for service, count in {"simulator": 1, "backfiller": 1, "trader": 3, "keeper": 1, "console": 1}.items():
        wait_until(f"{count} {service} healthy", partial(_all_healthy, stack, service, count), 90)


def test_the_chandler_command_works_in_a_container_from_any_directory(stack: Stack) -> None:
    (console,) = stack.containers("console")
    for directory in ("/app", "/"):
        assert "binance BTC/USDT 1s" in run("docker", "exec", "--workdir", directory, console, "chandler", "status")


def test_no_service_has_more_rights_than_it_needs(stack: Stack) -> None:
    asked = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
    for container in stack.containers():
        assert stack.inspect(container, asked) == "10001:10001 true [ALL] [no-new-privileges:true]"


def test_only_the_console_is_published_and_only_on_loopback(stack: Stack) -> None:
    asked = "{{range $port, $hosts := .NetworkSettings.Ports}}{{range $hosts}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}"
    published = {stack.inspect(container, asked) for container in stack.containers()}
    assert published == {"", f"127.0.0.1:{stack.port}"}


def test_three_replicas_take_three_strategies_and_write_one_database(stack: Stack, fleet: dict[str, Holding]) -> None:
    assert len({holding.container for holding in fleet.values()}) == 3
    for holding in fleet.values():
        wait_until(f"{holding} decides", partial(decided, stack, holding.strategy_id, holding.token), 60)
    wait_until("every strategy has signalled", lambda: _signalled(stack) == _STRATEGIES, 240, every=2)


def test_a_killed_traders_strategy_is_taken_over_within_30_seconds(stack: Stack, fleet: dict[str, Holding]) -> None:
    killed = fleet["rsi-btc"]
    run("docker", "kill", killed.container)
    heir = wait_until("another replica takes it over", lambda: held_anew(stack, killed), _TAKEOVER_SECONDS)
    wait_until("the heir decides on candles", lambda: decided(stack, heir.strategy_id, heir.token), 30)


def test_a_trader_paused_past_its_lease_writes_nothing_when_it_wakes(stack: Stack, fleet: dict[str, Holding]) -> None:
    paused = fleet["ema-eth"]
    with paused_between_commits(stack, paused.container):
        heir = wait_until("another replica takes it over", lambda: held_anew(stack, paused), _TAKEOVER_SECONDS)
        written = written_under(stack, paused)
    woken_ms = int(time.time() * 1000)
    wait_until(
        "the heir, or whoever got it from there, has decided on ten more candles",
        lambda: (decided(stack, heir.strategy_id, heir.token) or 0) > woken_ms + 10_000,
        30,
    )
    assert written_under(stack, paused) == written
    assert paused.container in stack.containers("trader"), "the sleeper should go on as a replica"


def test_a_halted_desk_takes_no_entry_and_its_exits_go_on(stack: Stack, fleet: dict[str, Holding]) -> None:
    wait_until("somebody holds something", lambda: query(stack, _HOLDERS), 240, every=2)
    assert "the desk is halted" in stack.compose(
        "run", "--rm", "-T", "console", "chandler", "halt", "--reason", "drill"
    )
    wait_until("no entry is on its way", lambda: not query(stack, _ENTRIES_UNDER_WAY), 30)
    (counted,) = query(stack, _ENTRIES)
    sold = query(stack, _SALES)[0][0]
    wait_until("somebody sells what it held", lambda: query(stack, _SALES)[0][0] > sold, 240, every=2)
    wait_until("an entry is refused", lambda: query(stack, _REFUSED_BY_THE_DESK), 240, every=2)
    assert query(stack, _ENTRIES) == [counted]


def test_flatten_closes_everything_and_resume_lets_trading_go_on(stack: Stack, fleet: dict[str, Holding]) -> None:
    said = stack.compose("run", "--rm", "-T", "console", "chandler", "flatten", "--yes", "--reason", "drill")
    assert said.splitlines()[-1] in ("everything is closed", "nothing was open")
    assert query(stack, _HOLDERS) == []
    (console,) = stack.containers("console")
    assert "the desk halted by the operator: drill" in run("docker", "exec", console, "chandler", "status")
    assert "the desk may trade again" in run("docker", "exec", console, "chandler", "resume")
    (entries, _) = query(stack, _ENTRIES)[0]
    wait_until("an entry is let in again", lambda: query(stack, _ENTRIES)[0][0] > entries, 240, every=2)


def test_a_file_in_the_data_directory_stops_the_desk(stack: Stack, fleet: dict[str, Holding]) -> None:
    (console,) = stack.containers("console")
    run("docker", "exec", stack.containers("trader")[0], "touch", "/data/HALT")
    assert "the desk halted by" in run("docker", "exec", console, "chandler", "status")
    run("docker", "exec", console, "chandler", "resume")
    assert "the desk" not in run("docker", "exec", console, "chandler", "status")


def test_a_backup_lies_in_the_hosts_directory(stack: Stack) -> None:
    manifest = wait_until("the keeper takes a backup", lambda: next(stack.backups.rglob("full-*.json"), None), 120)
    assert json.loads(manifest.read_text())["digests"]["strategy_metadata"]["rows"] == 3
    assert manifest.with_name(f"{manifest.stem}.db.zst").stat().st_size > 0


def test_stop_is_clean_and_down_and_up_keep_everything(stack: Stack) -> None:
    stack.compose("stop", "--timeout", "30")
    stopped = {stack.inspect(c, "{{.Name}} {{.State.ExitCode}}") for c in stack.containers(stopped=True)}
    assert {line for line in stopped if not line.endswith(" 0")} == set()

    stack.compose("start", "keeper")
    before = _everything(stack)
    stack.compose("down", "--timeout", "30")
    stack.up(traders=3)
    wait_until("every strategy is held again", lambda: _complete(holdings(stack)), 60)
    after = _everything(stack)
    assert {table: rows - after[table] for table, rows in before.items() if rows - after[table]} == {}


@pytest.mark.parametrize(("symbol", "timeframe"), _SERIES)
def test_no_candle_is_missing_doubled_or_wrong(stack: Stack, symbol: str, timeframe: str) -> None:
    start, end = wait_until("coverage is whole and up to now", lambda: _whole(stack, symbol, timeframe), 90)
    stored = query(stack, _CANDLES, symbol, timeframe, end)
    assert stored == truth(stack, symbol, timeframe, start, end)
    assert len(stored) > 1000


def test_no_signal_led_to_two_orders_and_no_order_to_two_trades(stack: Stack) -> None:
    assert query(stack, "SELECT strategy_id, candle FROM orders GROUP BY 1, 2, leg HAVING COUNT(*) > 1") == []
    assert query(stack, "SELECT client_order_id FROM trades GROUP BY 1 HAVING COUNT(*) > 1") == []
    assert query(stack, "SELECT COUNT(*) FROM trades")[0][0] > 0


def test_the_books_follow_from_the_trades(stack: Stack) -> None:
    said = stack.compose("run", "--rm", "-T", "console", "chandler", "ledger", "verify")
    assert said.startswith("no difference in 3 strategies and")


def test_the_database_is_sound(stack: Stack) -> None:
    assert query(stack, "PRAGMA integrity_check") == [["ok"]]
    assert query(stack, "PRAGMA foreign_key_check") == []
    assert query(stack, "PRAGMA journal_mode") == [["wal"]]


def _complete(held: dict[str, Holding]) -> dict[str, Holding] | None:
    return held if held.keys() == _STRATEGIES else None


def _all_healthy(stack: Stack, service: str, count: int) -> bool:
    return stack.health(service) == ["healthy"] * count


def _signalled(stack: Stack) -> set[str]:
    return {row[0] for row in query(stack, "SELECT DISTINCT strategy_id FROM signals")}


def _whole(stack: Stack, symbol: str, timeframe: str) -> tuple[int, int] | None:
    """The one interval that covers the series up to 90 s ago; None while there are more or it ends before."""
    rows = query(
        stack, 'SELECT start, "end" FROM series_coverage WHERE symbol = ? AND timeframe = ?', symbol, timeframe
    )
    recent = int(time.time() * 1000) - 90_000
    return (rows[0][0], rows[0][1]) if len(rows) == 1 and rows[0][1] > recent else None


def _everything(stack: Stack) -> dict[str, set[tuple[Any, ...]]]:
    """The rows that are never changed once written, by table."""
    tables = {
        "ohlcv_data": "SELECT * FROM ohlcv_data",
        "signals": "SELECT strategy_id, candle, side, size, lease_token FROM signals",
        "trades": "SELECT * FROM trades",
        "balance_history": "SELECT * FROM balance_history",
    }
    return {table: {tuple(row) for row in query(stack, sql)} for table, sql in tables.items()}
