"""`chandler doctor` on databases in every bad state: it says what is so and what to do, and changes nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from console.doctor.show import run_doctor
from shared.database import Database, open_database
from shared.market import Interval
from tests.integration.console.doctored import CONFIG, Doctor, change, doctor, filled
from tests.integration.console.market import BTC, RUNNING
from tests.integration.shared.conftest import bound_by_permissions

__all__ = ["bound_by_permissions", "doctor", "filled"]
#: What has nothing to say of the host that a test runs on.
STORED = ("schema", "integrity", "clock", "orphan rows", "books", "coverage", "archive")

HOLD = """
import sys
from shared.database.sqlite import library
connection = library().connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("DELETE FROM markets")
print("held", flush=True)
sys.stdin.read()
"""


def test_nothing_stored_is_wrong_with_a_database_that_the_services_filled(filled: Doctor) -> None:
    code, found = filled.examine()
    assert code == 0
    assert {check: [line["verdict"] for line in found[check]] for check in STORED} == {each: ["ok"] for each in STORED}
    assert found["books"][0]["told"] == "2 strategies and 3 trades add up to the last digit"
    assert found["coverage"][0]["told"] == "120 candles of 1 series lie in what is covered; 120 of 120 were counted"


def test_with_strict_a_warning_is_exit_code_1(filled: Doctor) -> None:
    code, found = filled.examine(strict=True)
    assert code == 1
    assert found["keeper"][0]["verdict"] == "warning"


def test_quick_leaves_out_what_reads_every_row(filled: Doctor) -> None:
    code, found = filled.examine(quick=True)
    assert code == 0
    assert [found[check][0]["verdict"] for check in ("integrity", "books")] == ["skipped", "skipped"]


def test_it_looks_while_others_write(filled: Doctor) -> None:
    database = open_database(f"sqlite:///{filled.file}")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE positions SET amount = '7'")  # nobody sees it before it is committed
        code, found = filled.examine()
    database.close()
    assert code == 0
    assert found["books"][0]["verdict"] == "ok"


def test_a_missing_database_is_told_and_none_is_made(doctor: Doctor) -> None:
    failed = doctor.failures()
    assert failed["schema"] == f"there is no database {doctor.file}"
    assert not doctor.file.exists()


def test_an_empty_database_lacks_its_schema(doctor: Doctor) -> None:
    doctor.file.touch()
    assert "is at schema none" in doctor.failures()["schema"]


def test_a_file_that_is_no_database_is_told_so(doctor: Doctor) -> None:
    doctor.file.write_bytes(b"candles, candles, candles" * 1_000)
    failed = doctor.failures()
    assert f"{doctor.file} is damaged (file is not a database)" in failed["schema"]


def test_a_damaged_database_is_told_with_what_else_can_be_seen(filled: Doctor) -> None:
    data = bytearray(filled.file.read_bytes())
    data[8 * 4096 : -4096] = bytes(len(data) - 9 * 4096)
    filled.file.write_bytes(data)
    failed = filled.failures()
    assert "damaged" in failed["integrity"]
    assert "configuration" not in failed


def test_a_database_cut_short_is_told(filled: Doctor) -> None:
    with filled.file.open("r+b") as file:
        file.truncate(filled.file.stat().st_size // 2)
    assert "damaged" in " ".join(filled.failures().values())


def test_a_newer_schema_is_told_and_nothing_that_depends_on_it_is_looked_at(filled: Doctor) -> None:
    change(filled, "UPDATE alembic_version SET version_num = '9999'")
    code, found = filled.examine()
    assert code == 1
    assert "is at schema 9999, newer than this Chandler knows" in found["schema"][0]["told"]
    assert found["books"][0] == {
        "check": "books",
        "verdict": "skipped",
        "told": "what the schema's line says comes first",
        "todo": "",
    }
    assert found["integrity"][0]["verdict"] == "ok"


@pytest.fixture
def holder(filled: Doctor) -> Iterator[None]:
    """Another program has the file for itself."""
    command = [sys.executable, "-c", HOLD, str(filled.file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.kill()


@pytest.mark.usefixtures("holder")
def test_a_locked_database_is_told_and_the_rest_is_looked_at(filled: Doctor) -> None:
    failed = filled.failures()
    assert f"{filled.file} is locked by another" in failed["schema"]
    assert "configuration" not in failed


def test_a_read_only_place_is_told_and_read_nevertheless(filled: Doctor, bound_by_permissions: tuple[str, ...]) -> None:
    filled.file.chmod(0o444)
    filled.directory.chmod(0o555)
    command = [*bound_by_permissions, sys.executable, "-m", "console", "doctor", "--json"]
    done = subprocess.run(command, env=os.environ | filled.environ, capture_output=True, text=True, check=False)
    filled.directory.chmod(0o755)
    lines = json.loads(done.stdout)["findings"]
    found = [(line["check"], line["told"]) for line in lines if line["verdict"] == "failure"]
    assert done.returncode == 1
    assert any(check == "permissions" and f"{filled.directory} can't be written" in told for check, told in found)
    assert any(check == "permissions" and f"{filled.file} can't be read and written" in told for check, told in found)
    assert {check for check, _ in found} == {"permissions"}


def test_a_configuration_that_is_wrong_is_all_that_is_told(doctor: Doctor) -> None:
    doctor.config.write_text("[exchanges.binance]\nnonsense = 1\n", encoding="utf-8")
    assert "exchanges.binance.nonsense is not a known key" in doctor.failures()["configuration"]


def test_a_strategy_that_can_t_be_loaded_is_told(filled: Doctor) -> None:
    filled.config.write_text(CONFIG.replace("rsi_reversion", "alchemy"), encoding="utf-8")
    assert "alchemy" in filled.failures()["configuration"]


def test_books_that_don_t_add_up_are_told(filled: Doctor) -> None:
    change(filled, "UPDATE positions SET amount = '0.2'")
    assert filled.failures() == {"books": f"{RUNNING}: amount of BTC/USDT is 0.2, its trades make 0.1"}


def test_a_row_without_its_other_half_is_told(filled: Doctor) -> None:
    database = open_database(f"sqlite:///{filled.file}")
    driver = database.writer.raw_connection()
    driver.cursor().execute("PRAGMA foreign_keys = OFF")
    driver.cursor().execute(f"DELETE FROM strategy_metadata WHERE strategy_id = '{RUNNING}'")
    driver.close()
    database.close()
    assert "rows of trades without their row in strategy_metadata" in filled.failures()["orphan rows"]


def test_candles_outside_coverage_are_told(filled: Doctor) -> None:
    first = filled_interval(filled).start
    outside = first - 60 * BTC.step
    change(filled, f"INSERT INTO ohlcv_data VALUES ('binance', 'BTC/USDT', '1m', {outside}, 1, 1, 1, 1, 1)")
    assert "a candle at" in filled.failures()["coverage"]


def test_candles_of_a_series_that_nobody_knows_are_told(filled: Doctor) -> None:
    change(filled, "INSERT INTO ohlcv_data VALUES ('binance', 'DOGE/USDT', '1m', 60000, 1, 1, 1, 1, 1)")
    assert filled.failures() == {"coverage": "binance DOGE/USDT 1m has candles and no coverage"}


def test_candles_that_are_gone_are_told(filled: Doctor) -> None:
    first = filled_interval(filled).start
    change(filled, f"DELETE FROM ohlcv_data WHERE timestamp = {first}")
    assert "119 candles are in what is covered" in filled.failures()["coverage"]


def test_overlapping_coverage_is_told(filled: Doctor) -> None:
    start, end = filled_interval(filled)
    change(
        filled,
        f"INSERT INTO series_coverage VALUES ('binance', 'BTC/USDT', '1m', {start + BTC.step}, {end + BTC.step}, 119)",
    )
    assert "two covered intervals overlap" in filled.failures()["coverage"]


def filled_interval(doctor: Doctor) -> Interval:
    database = open_database(f"sqlite:///{doctor.file}")
    with database.read() as connection:
        (row,) = connection.exec_driver_sql('SELECT start, "end" FROM series_coverage').all()
    database.close()
    return Interval(*row)


def test_a_trigger_that_somebody_dropped_is_told(filled: Doctor) -> None:
    change(filled, "DROP TRIGGER log_update_positions")
    assert "the change log lacks 1 trigger (log_update_positions)" in filled.failures()["schema"]


def test_a_table_of_ones_own_that_the_change_log_can_not_tell_of_is_told(filled: Doctor) -> None:
    change(filled, 'CREATE TABLE "my ""own""" (a, b)')
    _, found = filled.examine()
    (told,) = (line["told"] for line in found["schema"] if line["verdict"] == "warning")
    assert told == 'the change log does not know my "own": a restore has them as of the full backup'


def test_a_column_that_somebody_dropped_is_told(filled: Doctor) -> None:
    change(filled, "ALTER TABLE disk_samples RENAME COLUMN wal_bytes TO bytes")
    assert "disk_samples has no wal_bytes" in filled.failures()["schema"]


def test_a_restored_backup_that_was_not_prepared_is_told(filled: Doctor) -> None:
    database = open_database(f"sqlite:///{filled.file}")
    driver = database.writer.raw_connection()
    driver.cursor().execute("PRAGMA journal_mode = DELETE")
    driver.close()
    database.close()
    assert "not in WAL mode" in filled.failures()["schema"]


def test_a_clock_that_an_exchange_contradicts_is_told(filled: Doctor) -> None:
    change(
        filled,
        "INSERT INTO exchange_status VALUES ('binance', 'collecting', '', 0, 0, '', '', 3600000, 1, 1)",
    )
    assert "binance's clock is +3,600,000 ms from this host's" in filled.failures()["clock"]


def test_a_stamp_of_the_future_is_a_warning(filled: Doctor) -> None:
    change(filled, "UPDATE change_clock SET at_us = at_us + 3600000000")
    _, found = filled.examine()
    assert "the clock was set back" in found["clock"][0]["told"]


def test_what_holds_something_and_is_configured_no_more_is_told(filled: Doctor) -> None:
    filled.config.write_text("[exchanges.binance]\n", encoding="utf-8")
    _, found = filled.examine()
    assert found["books"][0]["verdict"] == "warning"
    assert "nobody minds its stop" in found["books"][0]["told"]


def test_on_a_terminal_each_finding_has_its_verdict_its_check_and_what_to_do(
    filled: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    change(filled, "UPDATE positions SET amount = '0.2'")
    assert run_doctor(filled.environ, as_json=False, quick=False, strict=False) == 1
    told = filled.capsys.readouterr().out.splitlines()
    line = next(at for at, text in enumerate(told) if text.startswith("failure"))
    assert told[line].startswith("failure  books")
    assert told[line].rstrip().endswith("rsi-btc: amount of BTC/USDT is 0.2, its trades make 0.1")
    assert told[line + 1].split()[:2] == ["->", "halt"]
    assert "1 failure" in told[-1]


def test_a_database_of_the_services_is_open_while_it_is_examined(filled: Doctor, database: Database) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM trades").scalar_one()
        code, _ = filled.examine()
    assert code == 0
