"""`chandler doctor` on what looks after a database: backups, the keeper, traders, the journal, the WAL, processes."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from shared.backup.full import take_full
from shared.backup.place import full_path
from shared.clock import boot_id, boot_us, now_us
from shared.database import Database, open_database
from shared.journal import Journal
from shared.market import Candle, Closed, Interval
from shared.run import running, runs
from shared.upkeep import alone, begin, finish, keeper_lock
from tests.integration.console.doctored import Doctor, change, doctor, filled
from tests.integration.console.market import BTC, RUNNING
from tests.integration.shared.test_run import wait_until
from tests.integration.trader.live import exchange

__all__ = ["doctor", "filled"]
HOUR_US = 3_600_000_000


def line(doctor: Doctor, check: str) -> tuple[str, str]:
    """The verdict of a check that has one finding, and what is told."""
    _, found = doctor.examine()
    (only,) = found[check]
    return only["verdict"], only["told"]


def backup(doctor: Doctor, at_us: int) -> Path:
    root = doctor.directory / "backups"
    return full_path(root, take_full(doctor.file, root, doctor.directory / "archive", at_us).taken_at_us)


def note(doctor: Doctor, job: str, *, failure: str | None = None, at_us: int | None = None) -> None:
    """What a keeper notes of a job."""
    ended = now_us() if at_us is None else at_us
    with closing(open_database(f"sqlite:///{doctor.file}")) as database, database.write() as connection:
        begin(connection, job, ended)
        finish(connection, job, ended, ended, 1.0, failure=failure, figures=None if failure else {})


def test_books_of_today_without_a_backup_are_a_warning(filled: Doctor) -> None:
    assert line(filled, "backups") == ("warning", f"there is no backup in {filled.directory / 'backups'}")


def test_older_books_without_a_backup_are_a_failure(filled: Doctor) -> None:
    change(filled, "UPDATE strategy_metadata SET created_at_us = 1")
    assert line(filled, "backups")[0] == "failure"


def test_a_backup_is_told_with_its_age(filled: Doctor) -> None:
    backup(filled, now_us() - 5 * HOUR_US)
    told = "newest full: 5 h ago; newest copy of any kind: 5 h ago; its checksums are right"
    assert line(filled, "backups") == ("ok", told)


def test_a_backup_that_is_too_old_is_a_warning(filled: Doctor) -> None:
    backup(filled, now_us() - 73 * HOUR_US)
    assert line(filled, "backups") == ("warning", "newest full: 3 d ago; newest copy of any kind: 3 d ago")


def test_backups_of_before_a_restore_are_none_of_this_database(filled: Doctor) -> None:
    backup(filled, now_us())
    change(filled, "UPDATE change_clock SET timeline = 'another'")
    verdict, told = line(filled, "backups")
    assert verdict == "failure"
    assert told.endswith("are of another database, or of before a restore")


def test_a_flipped_bit_in_the_newest_backup_is_a_failure(filled: Doctor) -> None:
    path = backup(filled, now_us())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    verdict, told = line(filled, "backups")
    assert verdict == "failure"
    assert str(path) in told


def test_a_backup_whose_file_is_gone_is_a_failure(filled: Doctor) -> None:
    backup(filled, now_us() - HOUR_US)
    path = backup(filled, now_us())
    path.unlink()
    assert f"{path} is gone" in filled.failures()["backups"]


def test_a_damaged_manifest_is_a_failure(filled: Doctor) -> None:
    path = backup(filled, now_us())
    manifest = next(path.parent.glob("full-*.json"))
    manifest.write_text(manifest.read_text()[:-40])
    assert str(manifest) in filled.failures()["backups"]


def test_a_drill_that_went_well_lately_is_told(filled: Doctor) -> None:
    assert line(filled, "drill") == ("warning", "no backup was ever restored for a trial")
    note(filled, "drill", at_us=now_us() - 3 * HOUR_US)
    assert line(filled, "drill") == ("ok", "the last restore for a trial went well: 3 h ago")


def test_a_drill_that_failed_is_a_failure(filled: Doctor) -> None:
    note(filled, "drill")
    note(filled, "drill", failure="digests of trades differ")
    assert line(filled, "drill") == ("failure", "the last restore for a trial failed: digests of trades differ")


def test_without_a_keeper_nothing_is_looked_after(filled: Doctor) -> None:
    assert line(filled, "keeper") == ("warning", "no keeper works: nothing is backed up, checked or tidied")


def test_a_keeper_that_works_is_told(filled: Doctor) -> None:
    note(filled, "audit")
    with alone(keeper_lock(filled.file), "process 7 on desk"):
        assert line(filled, "keeper") == ("ok", "works: process 7 on desk; 1 job went well last")


def test_a_job_that_failed_is_told_whether_or_not_a_keeper_works(filled: Doctor) -> None:
    note(filled, "audit", failure="the books don't add up")
    with alone(keeper_lock(filled.file), "process 7 on desk"):
        verdict, told = line(filled, "keeper")
    assert verdict == "failure"
    assert told.startswith("its job audit failed at ")
    assert told.endswith(": the books don't add up")


def test_a_strategy_that_a_trader_runs_is_told(filled: Doctor) -> None:
    assert line(filled, "leases") == ("ok", "1 strategy run by 1 trader")


def test_a_strategy_that_nobody_runs_is_a_warning(filled: Doctor) -> None:
    change(filled, "UPDATE leases SET expires_us = 1")
    assert line(filled, "leases") == ("warning", f"no trader runs {RUNNING}: nobody minds what they hold")


def test_what_waits_in_the_journal_without_a_backfiller_is_a_warning(filled: Doctor) -> None:
    assert line(filled, "journal") == ("ok", "nothing waits")
    with closing(Journal(filled.directory / "journal", 1)) as journal:
        journal.append([Closed(BTC, Interval(0, BTC.step), [Candle(0, 1.0, 1.0, 1.0, 1.0, 1.0)])])
        assert line(filled, "journal") == ("ok", "1 entry waiting; the backfiller sees to it")
    assert line(filled, "journal") == ("warning", "1 entry waiting, and no backfiller runs that puts them in")


def test_a_wal_that_is_too_long_is_a_warning(filled: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.config.write_text(filled.config.read_text() + "\n[keeper]\nwal_megabytes = 1\n")
    wal = filled.directory / "trading.db-wal"
    wal.touch()
    os.truncate(wal, 2_000_000)
    assert line(filled, "WAL") == ("warning", "2 MB long (keeper.wal_megabytes: 1)")


def test_processes_that_run_are_told(filled: Doctor, database: Database) -> None:
    assert line(filled, "processes") == ("ok", "none runs on this host")
    with database.read() as connection:
        connection.exec_driver_sql("SELECT 1").scalar_one()
    with running(filled.directory, "trader", database):
        wait_until(lambda: bool(runs(filled.directory, boot_us(), boot_id())))
        verdict, told = line(filled, "processes")
    assert verdict == "ok"
    assert told.startswith("1 trader: ")


def test_a_month_that_left_the_table_and_whose_file_is_gone_is_a_failure(filled: Doctor) -> None:
    columns = (
        'exchange, symbol, timeframe, start, "end", version, sealed_version, "rows", sha256, pruned_until, pruned_rows'
    )
    values = "'binance', 'BTC/USDT', '1m', 1577836800000, 1580515200000, 1, 1, 10, 'x', 1580515200000, 10"
    change(filled, f"INSERT INTO archive_months ({columns}) VALUES ({values})")
    assert "2020-01.parquet is gone, and its candles are in no table" in filled.failures()["archive"]


def keyed(doctor: Doctor, url: str, **more: str) -> None:
    """The exchange is at this address, and there is a key for it."""
    lines = [f'url = "{url}"', 'key = "demo"', 'secret = "hunter2"', "timeout_seconds = 2"]
    lines += [f"{name} = {value}" for name, value in more.items()]
    doctor.config.write_text("[exchanges.binance]\n" + "\n".join(lines), encoding="utf-8")


def test_a_key_is_told_by_what_it_may_do(filled: Doctor) -> None:
    with exchange("--key", "demo", "--secret", "hunter2") as simulator:
        keyed(filled, simulator.url)
        assert line(filled, "keys") == ("ok", "binance: it may trade and not withdraw")
        simulator.fault(kind="may_withdraw")
        verdict, told = line(filled, "keys")
    assert (verdict, told) == ("failure", "exchanges.binance.key: this key may withdraw")


def test_without_a_network_a_key_is_a_warning_and_its_secret_is_not_told(filled: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    keyed(filled, f"http://127.0.0.1:{port}")
    verdict, told = line(filled, "keys")
    assert verdict == "warning"
    assert told.startswith("binance could not be asked: ")
    assert "hunter2" not in told
