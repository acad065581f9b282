"""The drill of what is kept: backups, restores and a copy off the host, in real containers, while traders trade."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.books import query
from tests.e2e.compose import CommandError, Stack, run, wait_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]
_STATE = Path(__file__).with_name("inside_state.py")


def test_a_line_for_a_hosts_cron_takes_a_backup_and_an_increment_follows(stack: Stack) -> None:
    full = stack.compose("run", "--rm", "--no-deps", "-T", "keeper", "backup", "--full").strip()
    assert Path(full).name.startswith("full-")
    for command in ("run --rm --no-deps -T keeper backup", "exec -T keeper python -m keeper backup"):
        increment = stack.compose(*command.split()).strip()
        assert Path(increment).name.startswith("increment-")
        assert _on_the_host(stack, increment).stat().st_size > 0


def test_an_instant_while_traders_trade_is_restored_to_the_last_row(stack: Stack) -> None:
    _trades(stack)
    noted = _state(stack)
    wait_until("commits go on", lambda: _state(stack)["at_us"] > noted["at_us"] + 2_000_000, 60)
    _keeper(stack, "restore", "--at", str(noted["at_us"]), "--to", "/data/drill.db")
    assert _state(stack, "/data/drill.db")["tables"] == noted["tables"]
    (reach,) = json.loads(_keeper(stack, "restore", "--list", "--json"))["ranges"]
    assert reach["since_us"] < noted["at_us"] < reach["until_us"]


def test_a_restore_over_the_live_database_or_to_what_never_was_is_refused(stack: Stack) -> None:
    for words in (["--at", "2020-01-01T00:00:00Z", "--to", "/data/never.db"], ["--to", "/data/trading.db"]):
        with pytest.raises(CommandError, match="exited 1"):
            _keeper(stack, "restore", *words)


def test_a_second_keeper_stands_by_and_a_kill_in_the_midst_of_a_backup_leaves_none_that_counts(stack: Stack) -> None:
    stack.compose("up", "-d", "--scale", "trader=3", "--scale", "keeper=2")
    wait_until("one of two keepers stands by", lambda: _standing_by(stack), 60)
    (heir,) = _standing_by(stack)
    (works,) = set(stack.containers("keeper")) - {heir}
    before = _backups(stack)
    run("docker", "update", "--cpus", "0.3", works)  # so that there is a midst to be met
    run("docker", "exec", "-d", works, "backup", "--full")
    wait_until("a backup is being written", lambda: _drafts(stack), 60, every=0.01)
    run("docker", "kill", works)
    assert _drafts(stack)
    assert _backups(stack) == before

    wait_until("the other keeper works", lambda: not _standing_by(stack), 60)
    stack.compose("run", "--rm", "--no-deps", "-T", "keeper", "backup", "--full")
    assert _drafts(stack) == []
    assert len(_backups(stack)) == len(before) + 1
    assert "every one is whole" in _keeper(stack, "backup", "verify")
    stack.up(traders=3)
    wait_until("one keeper is there", lambda: len(stack.containers("keeper")) == 1, 60)


def test_the_doctor_finds_nothing_wrong_and_status_knows_every_service(stack: Stack) -> None:
    found = json.loads(_keeper(stack, "doctor", "--json"))
    assert [each for each in found["findings"] if each["verdict"] == "failure"] == []
    told = json.loads(_keeper(stack, "status", "--json"))
    assert told["backups"]["full_us"] is not None
    assert {each["service"] for each in told["processes"]} == {"backfiller", "trader", "keeper", "console"}


def test_what_litestream_copies_is_the_database_at_some_instant(stack: Stack) -> None:
    """Its newest state is restored, and so is that instant from our own backups: both are the same to the last row."""
    stack.compose("--profile", "replicate", "up", "-d", "replicate")
    wait_until("all that is committed is in the copy", lambda: stack.health("replicate") == ["healthy"], 90)
    (replicate,) = stack.containers("replicate")
    config = ("-config", "/config/litestream.yml")
    run("docker", "exec", replicate, "litestream", "restore", *config, "-o", "/data/copy.db", "/data/trading.db")
    copied = _state(stack, "/data/copy.db")
    _keeper(stack, "restore", "--at", str(copied["at_us"]), "--to", "/data/same.db")
    assert _state(stack, "/data/same.db")["tables"] == copied["tables"]
    run("docker", "exec", replicate, "sh", "-c", "rm -rf /replica/*")
    stack.compose("--profile", "replicate", "rm", "--force", "--stop", "replicate", "prepare-replica")


def _keeper(stack: Stack, *words: str) -> str:
    """What a command says in the keeper's container, which alone has the backups."""
    return run("docker", "exec", stack.containers("keeper")[0], "chandler", *words)


def _state(stack: Stack, *file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.python("keeper", _STATE, *file))
    return found


def _on_the_host(stack: Stack, path: str) -> Path:
    return stack.backups / Path(path).relative_to("/backups")


def _backups(stack: Stack) -> set[Path]:
    """What counts: full backups that have a manifest."""
    return set(stack.backups.rglob("full-*.json"))


def _drafts(stack: Stack) -> list[Path]:
    return [path for path in stack.backups.rglob(".full-*") if path.is_file()]


def _standing_by(stack: Stack) -> list[str]:
    """The keepers that wait for the other one."""
    logs = {each: run("docker", "logs", each, errors=True) for each in stack.containers("keeper")}
    return [each for each, log in logs.items() if '"standing by"' in log and '"keeper started"' not in log]


def _trades(stack: Stack) -> None:
    wait_until("somebody trades", lambda: query(stack, "SELECT 1 FROM trades LIMIT 1"), 240)
