"""How the upkeep looks on a terminal."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console, RenderableType

from console.status.read import Held, Tier, Upkeep
from console.status.tables import hit_rate, processes_table, slowest, upkeep_table
from shared.upkeep import Forecast, JobRow, Sample

GB = 1_000_000_000
HOUR_US = 3_600 * 1_000_000
NOW_US = 1_800_000_000_000_000
CALM = Upkeep(
    at_us=NOW_US,
    storage=Sample(NOW_US, 4 * GB, 3_100_000, 2 * GB, 7 * GB, 100 * GB, 200 * GB),
    ahead=Forecast(1.2 * GB, 83.3, "good"),
    keeper="process 7 on keeper",
    jobs=(),
    full_us=NOW_US - 6 * HOUR_US,
    increment_us=NOW_US - HOUR_US,
    sealed_months=24,
    pruned_months=12,
    tiers=(),
    leases=(Held("rsi-btc", "0123456789@desk", 3, 4.2),),
    runs=(),
)
RUN: dict[str, Any] = {
    "service": "trader",
    "host": "4f1c9d2ab77e",
    "pid": 7,
    "started_at_us": NOW_US - 3 * HOUR_US,
    "database": {
        "connections": {"writer": {"open": 1, "in_use": 0, "most": 1}, "reader": {"open": 2, "in_use": 1, "most": 2}},
        "statements": 1_234_567,
        "transactions": 45_678,
        "slow_statements": 2,
        "slow_transactions": 1,
        "lock_wait_p99_us": 4_200,
        "cache_hits": 9,
        "cache_misses": 1,
        "slowest": [{"statement": "SELECT\n  1", "runs": 3, "total_ms": 300.0, "worst_ms": 123.4}],
    },
}


def text(what: RenderableType, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(what)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_on_a_calm_day_six_lines_say_it_all() -> None:
    assert text(upkeep_table(CALM, 14)).splitlines() == [
        "database  4.0 GB, WAL 3.1 MB",
        "disk      100 GB of 200 GB free; fills by 1.2 GB a day, full in 83 days (good confidence)",
        "archive   2.0 GB; 24 months of candles sealed, 12 of them pruned",
        "backups   7.0 GB; full 6 h ago, increment 60 min ago, never drilled",
        "keeper    process 7 on keeper",
        "leases    1 of 1 strategy held by 1 trader",
    ]


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"ahead": Forecast(60 * GB, 1.67, "fair")}, "full in 40 hours (fair confidence)"),
        ({"ahead": Forecast(-1.0, None, "good")}, "it does not fill up"),
        ({"ahead": Forecast(0.0, None, "none")}, "too few samples for a forecast"),
        ({"full_us": None}, "there is none yet"),
        ({"keeper": None}, "keeper    none runs"),
        (
            {"tiers": (Tier("balance_history", "warm", 2, 1_200, 90_000),)},
            "balance_history warm: 1,200 rows in 2 files, 90 kB",
        ),
        ({"jobs": (JobRow("drill", "ok", "", 1, 2, NOW_US - HOUR_US, 12.0, {}),)}, "drilled 60 min ago in 12 s"),
        (
            {"jobs": (JobRow("disk", "failed", "no\x1b[2J room\nleft", 1, NOW_US - 5_000_000, None, 0.1, {}),)},
            "disk failed 5.0 s ago: no�[2J room left",
        ),
        (
            {"leases": tuple(Held(f"s{number}", None, 0, None) for number in range(7))},
            "0 of 7 strategies held; free: s0, s1, s2, s3, s4 and 2 more",
        ),
    ],
)
def test_what_is_not_calm_is_said(changed: dict[str, Any], shown: str) -> None:
    assert shown in text(upkeep_table(replace(CALM, **changed), 14))


def test_a_database_of_a_server_has_no_file_here_and_no_keeper() -> None:
    lines = text(upkeep_table(replace(CALM, storage=None, ahead=None, keeper=None), 14)).splitlines()
    assert [line.split()[0] for line in lines] == ["archive", "backups", "leases"]


def test_a_process_shows_its_connections_statements_and_caches() -> None:
    (line,) = (line for line in text(processes_table([RUN], NOW_US, 120)).splitlines() if "trader" in line)
    assert " ".join(line.split()) == "trader 7@4f1c9d2ab77e 3 h 3, 1 in use 1,234,567 45,678 90.0 % 4.2 ms 3"


def test_on_a_narrow_terminal_what_can_be_missed_is_left_out() -> None:
    assert max(map(len, text(processes_table([RUN], NOW_US, 80), 80).splitlines())) <= 80


def test_the_slowest_statements_come_first_one_line_each() -> None:
    told = text(slowest([RUN], 80)).splitlines()
    assert told == ["slowest statements", "   123.4 ms  trader      SELECT 1"]
    assert not slowest([], 80)


def test_a_cache_that_was_never_asked_has_no_rate() -> None:
    assert (hit_rate(0, 0), hit_rate(1, 3)) == ("–", "25.0 %")
