"""What can happen to files is detected, named, put aside and made anew from the table where that has the candles."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.archive import Problem, forget, load, mend, prune, seal, sealed, verify
from shared.archive.encoding import digest, read_table, write_table
from shared.archive.place import manifest_file, month_file
from shared.candles.revisions import Change, revise
from shared.database import Database, open_database
from shared.database.schema import upgrade
from shared.errors import RepairError
from shared.market import Series
from tests.integration.shared.archive.months import (
    FEBRUARY,
    JANUARY,
    SERIES,
    counted,
    everything,
    file,
    fill,
    first_candle,
    states,
    table,
)

NOW = 1_700_000_000_000_000


@pytest.fixture
def archive(filled: Database, root: Path) -> Path:
    for month in (JANUARY, FEBRUARY):
        seal(filled, root, SERIES, month, NOW)
    return root


@pytest.fixture
def path(archive: Path) -> Path:
    return month_file(archive, SERIES, JANUARY)


def only(database: Database, root: Path) -> Problem:
    (problem,) = verify(database, root)
    return problem


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def put_another_month_there(path: Path) -> None:
    path.write_bytes(path.with_name("2024-02.parquet").read_bytes())


def change(path: Path, alter: Callable[..., None]) -> None:
    """Write the file anew with other rows under the same footer: a liar's file, whose page checksums are right."""
    rows, footer = read_table(path)
    alter(rows)
    write_table(path, rows, footer)


def change_a_price(path: Path) -> None:
    change(path, lambda rows: rows["close"].__setitem__(5, rows["close"][5] + 0.01))


DAMAGES = [cut_short, flip_a_bit, empty, put_another_month_there, change_a_price]


def test_a_whole_archive_has_no_problem(filled: Database, archive: Path) -> None:
    assert verify(filled, archive) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_never_read_as_candles(damage: Callable[[Path], None], archive: Path, path: Path) -> None:
    damage(path)
    with pytest.raises(RepairError, match=r"2024-01\.parquet"):
        load(archive, SERIES, JANUARY)


def test_no_bit_of_a_file_can_change_unseen_not_even_those_that_parquet_has_no_checksum_of(
    archive: Path, path: Path
) -> None:
    data = path.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little") + 8
    for place in [*range(0, len(data) - footer, 97), *range(len(data) - footer, len(data), 3)]:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
        with pytest.raises(RepairError, match=r"2024-01\.parquet"):
            load(archive, SERIES, JANUARY, sha256=sha_of_january(archive))
    path.write_bytes(data)
    assert len(load(archive, SERIES, JANUARY, sha256=sha_of_january(archive))["close"]) == 743


def sha_of_january(archive: Path) -> str:
    """The January file's checksum as its manifest, and so the database, has it."""
    return sealed(archive, SERIES)[0].sha256


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_put_aside_and_written_anew_from_the_table(
    damage: Callable[[Path], None], filled: Database, archive: Path, path: Path
) -> None:
    before = file(archive, JANUARY)
    damage(path)
    problem = only(filled, archive)
    assert (problem.path, problem.kind, problem.series, problem.month) == (path, "file", SERIES, JANUARY)
    assert mend(filled, archive, problem, NOW).startswith("written anew from the table")
    assert verify(filled, archive) == []
    assert file(archive, JANUARY) == before
    assert path.with_name("2024-01.parquet.damaged").exists()


def test_what_was_wrong_when_it_was_looked_at_and_is_whole_by_now_stays_where_it_is(
    filled: Database, archive: Path, path: Path
) -> None:
    """A keeper may have sealed the month anew since, and pruned it: then the file is the only copy."""
    data = path.read_bytes()
    flip_a_bit(path)
    problem = only(filled, archive)
    path.write_bytes(data)
    prune(filled, archive, SERIES, JANUARY)
    before = everything(filled, archive)
    assert mend(filled, archive, problem, NOW) == "nothing is wrong with it any more"
    assert path.read_bytes() == data
    assert everything(filled, archive) == before


@pytest.mark.parametrize("damage", [cut_short, flip_a_bit, empty])
def test_a_damaged_file_that_held_candles_alone_is_named_until_they_are_fetched_again(
    damage: Callable[[Path], None], filled: Database, archive: Path, path: Path
) -> None:
    before, count = everything(filled, archive), counted(filled)
    prune(filled, archive, SERIES, JANUARY)
    damage(path)
    with pytest.raises(RepairError, match=r"743 candles were in .*2024-01\.parquet alone"):
        mend(filled, archive, only(filled, archive), NOW)
    problem = only(filled, archive)
    assert problem.kind == "lost"
    with pytest.raises(RepairError, match=r"2024-01\.parquet can't be read"):
        load(archive, SERIES, JANUARY)
    forget(filled, archive, SERIES, JANUARY)
    assert verify(filled, archive) == []
    fill(filled, SERIES, JANUARY.start, JANUARY.end)
    assert counted(filled) == count
    assert len(everything(filled, archive)) == len(before)


def test_a_file_that_is_gone_is_written_anew(filled: Database, archive: Path, path: Path) -> None:
    before = file(archive, JANUARY)
    path.unlink()
    manifest_file(path).unlink()
    problem = only(filled, archive)
    assert problem.kind == "lost"
    mend(filled, archive, problem, NOW)
    assert file(archive, JANUARY) == before


def edit(path: Path, **values: object) -> None:
    told = json.loads(manifest_file(path).read_text(encoding="utf-8"))
    manifest_file(path).write_text(json.dumps(told | values), encoding="utf-8")


@pytest.mark.parametrize(
    "values",
    [{"rows": 700}, {"sha256": "0" * 64}, {"bytes": 1}, {"month": "2024-02"}, {"symbol": "ETH/USDT"}, {"x": 1}],
)
def test_a_manifest_that_disagrees_is_written_anew_from_the_files_own_footer(
    values: dict[str, object], filled: Database, archive: Path, path: Path
) -> None:
    before = manifest_file(path).read_text(encoding="utf-8")
    edit(path, **values)
    problem = only(filled, archive)
    assert (problem.kind, problem.month) == ("manifest", JANUARY)
    assert mend(filled, archive, problem, NOW) == "its manifest was written anew from the file's own footer"
    assert manifest_file(path).read_text(encoding="utf-8") == before
    assert verify(filled, archive) == []


def test_a_manifest_that_disagrees_hides_no_candles_and_invents_none(
    filled: Database, archive: Path, path: Path
) -> None:
    before = file(archive, JANUARY)
    edit(path, rows=700)
    assert file(archive, JANUARY) == before
    flip_a_bit(path)
    with pytest.raises(RepairError):
        load(archive, SERIES, JANUARY)


def test_a_month_whose_manifest_is_gone_or_half_written_is_not_listed_and_is_mended(
    filled: Database, archive: Path, path: Path
) -> None:
    manifest_file(path).write_text('{"schema_version": 1, "exch', encoding="utf-8")
    assert [manifest.month for manifest in sealed(archive, SERIES)] == ["2024-02"]
    mend(filled, archive, only(filled, archive), NOW)
    manifest_file(path).unlink()
    mend(filled, archive, only(filled, archive), NOW)
    assert [manifest.month for manifest in sealed(archive, SERIES)] == ["2024-01", "2024-02"]


def test_a_file_of_a_newer_chandler_is_refused_and_says_so(archive: Path, path: Path) -> None:
    rows, footer = read_table(path)
    told = json.loads(footer["chandler"]) | {"schema_version": 2}
    write_table(path, rows, {"chandler": json.dumps(told)})
    with pytest.raises(RepairError, match=r"newer Chandler \(schema 2\): upgrade"):
        load(archive, SERIES, JANUARY)


def test_candles_of_another_month_in_a_file_are_noticed(filled: Database, archive: Path, path: Path) -> None:
    rows, footer = read_table(path)
    rows["timestamp"] = rows["timestamp"] + 86_400_000
    told = json.loads(footer["chandler"]) | {"rows_sha256": digest(rows)}
    write_table(path, rows, {"chandler": json.dumps(told)})
    assert "overlaps another month" in only(filled, archive).told


def test_a_file_sealed_with_a_gap_is_noticed(filled: Database, archive: Path, path: Path) -> None:
    rows, footer = read_table(path)
    told = json.loads(footer["chandler"]) | {"coverage": [[JANUARY.start, JANUARY.end - 3_600_000]]}
    write_table(path, rows, {"chandler": json.dumps(told)})
    assert "was sealed with 1 gaps" in only(filled, archive).told


def test_a_table_that_was_written_past_us_is_noticed(filled: Database, archive: Path) -> None:
    with filled.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM ohlcv_data WHERE timestamp = {JANUARY.start}")
    assert "holds other candles than the table" in only(filled, archive).told


@pytest.mark.parametrize("name", ["2024-1.parquet", "copy of 2024-01.parquet", "2024-13.parquet"])
def test_a_file_with_another_name_is_put_aside(name: str, filled: Database, archive: Path, path: Path) -> None:
    path.with_name(name).write_bytes(path.read_bytes())
    problem = only(filled, archive)
    assert problem.kind == "strange"
    assert mend(filled, archive, problem, NOW).startswith("put aside as")
    assert verify(filled, archive) == []


def test_two_files_for_one_month_are_noticed(filled: Database, archive: Path, path: Path) -> None:
    other = archive / "binance" / "swap" / "BTC_USDT" / "1h" / path.name
    other.parent.mkdir(parents=True)
    other.write_bytes(path.read_bytes())
    assert only(filled, archive).path == other


def test_a_manifest_without_a_file_is_put_aside(filled: Database, archive: Path) -> None:
    alone = month_file(archive, SERIES, JANUARY).with_name("2023-12.json")
    alone.write_text("{}", encoding="utf-8")
    mend(filled, archive, only(filled, archive), NOW)
    assert verify(filled, archive) == []
    assert not alone.exists()


def test_what_was_put_aside_before_is_never_overwritten(filled: Database, archive: Path, path: Path) -> None:
    for _ in range(3):
        cut_short(path)
        mend(filled, archive, only(filled, archive), NOW)
    names = {each.name for each in path.parent.glob("2024-01.parquet.damaged*")}
    assert names == {"2024-01.parquet.damaged", "2024-01.parquet.damaged1", "2024-01.parquet.damaged2"}


def test_one_series_can_be_verified_alone(filled: Database, archive: Path, path: Path) -> None:
    cut_short(path)
    assert verify(filled, archive, Series("binance", "ETH/USDT", "1h")) == []
    assert len(verify(filled, archive, SERIES)) == 1


def test_an_archive_outlives_its_database(filled: Database, archive: Path, tmp_path: Path) -> None:
    before = [row for row in table(filled) if row[0] < FEBRUARY.end]
    fresh = open_database(f"sqlite:///{tmp_path}/fresh.db")
    upgrade(fresh)
    problems = verify(fresh, archive)
    assert [problem.kind for problem in problems] == ["unknown", "unknown"]
    for problem in problems:
        assert mend(fresh, archive, problem, NOW).startswith("taken over")
    assert verify(fresh, archive) == []
    assert everything(fresh, archive) == before
    assert counted(fresh) == len(before)
    fresh.close()


def test_a_month_that_a_new_database_began_to_collect_is_not_taken_over(
    filled: Database, archive: Path, tmp_path: Path
) -> None:
    fresh = open_database(f"sqlite:///{tmp_path}/fresh.db")
    upgrade(fresh)
    fill(fresh, SERIES, JANUARY.start + 86_400_000, FEBRUARY.start)
    told = [mend(fresh, archive, problem, NOW) for problem in verify(fresh, archive)]
    assert [text.split(":")[0] for text in told] == ["left", "taken over"]
    assert file(archive, JANUARY) == [row for row in table(filled) if row[0] < JANUARY.end]
    fresh.close()


def test_a_newer_file_than_the_database_knows_is_joined_with_the_table(filled: Database, archive: Path) -> None:
    before = everything(filled, archive)
    prune(filled, archive, SERIES, JANUARY)
    with filled.write() as connection:  # as a backup from before the file was written has it
        connection.exec_driver_sql("UPDATE archive_months SET sha256 = 'older' WHERE pruned_rows > 0")
    problem = only(filled, archive)
    assert problem.kind == "unknown"
    assert mend(filled, archive, problem, NOW) == "joined with the table, and written anew"
    assert verify(filled, archive) == []
    assert everything(filled, archive) == before
    assert states(filled)["2024-01"].is_pruned


def test_an_older_copy_that_is_put_back_never_passes_for_what_the_table_has_no_longer(
    filled: Database, archive: Path, path: Path
) -> None:
    older = {place: place.read_bytes() for place in (path, manifest_file(path))}
    candle = first_candle(filled)
    with filled.write() as connection:
        assert revise(connection, SERIES, [Change(candle, candle._replace(volume=1.0))], "verify", NOW) == 1
    seal(filled, archive, SERIES, JANUARY, NOW + 1)
    prune(filled, archive, SERIES, JANUARY)
    newest, before = {place: place.read_bytes() for place in older}, everything(filled, archive)

    for place, data in older.items():
        place.write_bytes(data)
    for _ in range(2):  # the keeper tries again and again
        with pytest.raises(RepairError, match="is older than the file that the database knows"):
            mend(filled, archive, only(filled, archive), NOW + 2)
        with pytest.raises(RepairError, match=r"2024-01\.parquet"):
            everything(filled, archive)

    for place, data in newest.items():
        place.write_bytes(data)
    assert everything(filled, archive) == before
    seal(filled, archive, SERIES, JANUARY, NOW + 3)
    assert verify(filled, archive) == []
    assert everything(filled, archive) == before
