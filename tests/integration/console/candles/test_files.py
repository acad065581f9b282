"""Candles go out to files and come in from them: nothing lost, nothing bad, nothing overwritten unasked."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from console.words import moment
from shared.candles import mark, store_page
from shared.clock import now_us
from shared.market import Candle, Interval, Series
from tests.integration.backfiller.rig import Place, Row
from tests.integration.console.candles.desk import BTC, HOURS, OF_BTC, START, chandler, execute, told

MINUTE = 60_000
HEADER = "timestamp,open,high,low,close,volume"
WALK = [
    Candle(START + n * MINUTE, 100.1 + n % 7, 108.7 + n % 3, 99.3, 101.2 + n % 5, 0.1 * (n % 11)) for n in range(720)
]
FORMATS = ["csv", "parquet", "feather"]


@pytest.fixture(autouse=True)
def configured(place: Place) -> None:
    """An exchange that is never asked, and one series of it."""
    text = f'[paths]\ndata = "{place.directory}"\n[exchanges.binance]\n[[series]]\nexchange = "binance"\n'
    (place.directory / "chandler.toml").write_text(text + 'symbol = "BTC/USDT"\ntimeframe = "1m"\n')


def keep(place: Place, candles: Sequence[Candle], part: Interval = HOURS, series: Series = BTC) -> None:
    with place.database.write() as connection:
        store_page(connection, series, candles, part, now_us=now_us())


def written(place: Place, *lines: str, name: str = "candles.csv") -> str:
    path = place.directory / name
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(path)


def line(candle: Candle) -> str:
    return ",".join(map(repr, candle))


def rows(candles: Sequence[Candle]) -> list[Row]:
    return [list(candle) for candle in candles]


@pytest.mark.parametrize("kind", FORMATS)
def test_what_goes_out_comes_in_again_to_the_bit(place: Place, kind: str) -> None:
    keep(place, WALK)
    file = str(place.directory / f"BTC_USDT-1m.{kind}")
    done = chandler(place, "export", file, *OF_BTC)
    assert done.exit_code == 0, done.output
    assert "720 candles of binance BTC/USDT 1m" in done.stdout
    execute(place, "DELETE FROM ohlcv_data")
    execute(place, "DELETE FROM series_coverage")

    done = chandler(place, "import", file, "--exchange", "binance")
    assert done.exit_code == 0, done.output
    assert "720 rows, 720 new" in done.stdout
    assert place.rows(BTC) == rows(WALK)
    assert place.covered(BTC) == [HOURS]


def test_a_part_goes_out_and_its_gaps_are_told(place: Place) -> None:
    keep(place, WALK[:100], Interval(START, START + 100 * MINUTE))
    keep(place, WALK[110:], Interval(START + 110 * MINUTE, HOURS.end))
    file = place.directory / "part.csv"
    arguments = ("--from", moment(START + 50 * MINUTE), "--to", moment(START + 200 * MINUTE))
    done = chandler(place, "export", str(file), *OF_BTC, *arguments)
    assert done.exit_code == 0, done.output
    assert "10 candles between them not fetched" in done.stdout
    with file.open(newline="") as lines:
        times = [int(row["timestamp"]) for row in csv.DictReader(lines)]
    assert times == [candle.timestamp for candle in WALK[50:100] + WALK[110:200]]


def test_a_file_that_exists_is_written_anew_only_when_told_to(place: Place) -> None:
    keep(place, WALK)
    file = written(place, "something of mine")
    assert chandler(place, "export", file, *OF_BTC).exit_code == 1
    assert Path(file).read_text() == "something of mine\n"
    assert chandler(place, "export", file, *OF_BTC, "--replace").exit_code == 0
    assert len(Path(file).read_text().splitlines()) == 721


def test_an_export_of_nothing_leaves_no_file(place: Place) -> None:
    file = place.directory / "empty.csv"
    assert chandler(place, "export", str(file), *OF_BTC).exit_code == 1
    assert not file.exists()


def test_freqtrades_feather_is_recognised_by_its_name_and_columns(place: Place) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(WALK)
    frame["date"] = pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True).astype("datetime64[ns, UTC]")
    file = place.directory / "BTC_USDT-1m.feather"
    order = ["date", "open", "high", "low", "close", "volume"]
    frame[order].to_feather(file, compression="lz4")
    done = chandler(place, "import", str(file), "--exchange", "binance")
    assert done.exit_code == 0, done.output
    assert "times in timestamp[ns, tz=UTC]" in done.stdout
    assert place.rows(BTC) == rows(WALK)


@pytest.mark.parametrize(
    ("unit", "factor"), [("s", 1 / 1000), ("ms", 1), ("us", 1_000), ("ns", 1_000_000)], ids=["s", "ms", "us", "ns"]
)
def test_the_unit_of_times_is_told_by_their_size_and_printed(place: Place, unit: str, factor: float) -> None:
    lines = [",".join(map(str, [int(c.timestamp * factor), *c[1:]])) for c in WALK]
    done = chandler(place, "import", written(place, *lines), *OF_BTC)
    assert done.exit_code == 0, done.output
    assert f"times in {unit}\n" in done.stdout
    assert place.rows(BTC) == rows(WALK)


def test_times_as_text_semicolons_and_other_names_are_read(place: Place) -> None:
    lines = ["Volume;Close;Low;High;Open;Open Time"]
    lines += [";".join([*map(str, c[:0:-1]), moment(c.timestamp)]) for c in reversed(WALK)]
    done = chandler(place, "import", written(place, *lines), *OF_BTC)
    assert done.exit_code == 0, done.output
    assert place.rows(BTC) == rows(WALK)
    assert place.covered(BTC) == [HOURS]


BAD = {
    "high below low": lambda c: c._replace(high=1.0),
    "zero": lambda c: c._replace(low=0.0),
    "negative": lambda c: c._replace(volume=-1.0),
    "nan": lambda c: c._replace(close=float("nan")),
    "infinite": lambda c: c._replace(high=float("inf")),
    "off the grid": lambda c: c._replace(timestamp=c.timestamp + 1),
    "in seconds": lambda c: c._replace(timestamp=c.timestamp // 1000),
    "in microseconds": lambda c: c._replace(timestamp=c.timestamp * 1000),
    "in the future": lambda c: c._replace(timestamp=c.timestamp * 2),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_named_by_its_line_and_the_others_enter(place: Place, kind: str) -> None:
    bad: Any = BAD[kind](WALK[10])
    lines = [HEADER, *map(line, WALK[:10]), line(bad), *map(line, WALK[11:])]
    done = chandler(place, "import", written(place, *lines), *OF_BTC)
    assert done.exit_code == 1
    assert "720 rows, 719 new, 1 refused" in done.stdout
    assert "\n  line 12: " in done.stdout
    assert place.rows(BTC) == rows(WALK[:10] + WALK[11:])
    hole = Interval(WALK[10].timestamp, WALK[11].timestamp)
    assert place.covered(BTC) == [Interval(START, hole.start), Interval(hole.end, HOURS.end)]


def test_rubbish_between_the_lines_is_counted_listed_and_reported(place: Place) -> None:
    rubbish = ["", "hello", "1,2,3", ",,,,,", "a,b,c,d,e,f", f"{START},1_0,11,9,10,1", '"unclosed']
    lines = [HEADER, *map(line, WALK[:50]), *rubbish[:6], *map(line, WALK[50:]), rubbish[6]]
    report = place.directory / "refused.csv"
    done = chandler(place, "import", written(place, *lines), *OF_BTC, "--report", str(report), "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [each["line"] for each in found["refused"]] == [53, 54, 55, 56, 57, 728]
    assert (found["rows"], found["new"], sum(found["reasons"].values())) == (726, 720, 6)
    with report.open(newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == [53, 54, 55, 56, 57, 728]
    assert place.rows(BTC) == rows(WALK)
    kept = execute(place, "SELECT row, source FROM quarantine ORDER BY row")
    assert kept == [(each, "import") for each in sorted([*rubbish[1:6], "unclosed\n"])]
    (status,) = told(place, "status")
    assert (status["refused"], sum(status["quarantine"].values())) == (6, 6)


def test_of_very_many_bad_rows_some_are_kept_and_all_are_counted(place: Place) -> None:
    file = written(place, HEADER, *map(line, WALK), *(f"nonsense {n}" for n in range(3_000)))
    done = chandler(place, "import", file, *OF_BTC)
    assert "3,720 rows, 720 new, 3,000 refused" in done.stdout
    (status,) = told(place, "status")
    assert status["quarantine"] == {"not a row of six numbers": 3_000}
    assert execute(place, "SELECT count(*) FROM quarantine") == [(101,)]


def test_a_stored_candle_is_kept_and_the_difference_told(place: Place) -> None:
    keep(place, WALK)
    other = WALK[5]._replace(close=100.5)
    done = chandler(place, "import", written(place, HEADER, *map(line, WALK[:5]), line(other)), *OF_BTC)
    assert done.exit_code == 1
    assert "6 rows, 0 new, 5 there already, 1 differ from what is stored, which was kept" in done.stdout
    assert f"{moment(other.timestamp)} differs" in done.stdout
    assert place.rows(BTC) == rows(WALK)


def test_a_stored_candle_is_replaced_when_told_to_and_both_are_kept(place: Place) -> None:
    keep(place, WALK)
    other = WALK[5]._replace(close=100.5)
    done = chandler(place, "import", written(place, HEADER, line(other)), *OF_BTC, "--replace")
    assert done.exit_code == 0, done.output
    assert place.rows(BTC) == rows([*WALK[:5], other, *WALK[6:]])
    logged = execute(place, "SELECT timestamp, old_close, new_close, source FROM candle_revisions")
    assert logged == [(other.timestamp, WALK[5].close, 100.5, "import")]
    (status,) = told(place, "status")
    assert (status["rows"], status["confirmed_empty"]) == (720, 0)


def test_the_same_file_twice_changes_nothing(place: Place) -> None:
    file = written(place, HEADER, *map(line, WALK))
    assert chandler(place, "import", file, *OF_BTC).exit_code == 0
    done = chandler(place, "import", file, *OF_BTC)
    assert done.exit_code == 0
    assert "720 rows, 0 new, 720 there already" in done.stdout
    (status,) = told(place, "status")
    assert (status["rows"], status["confirmed_empty"]) == (720, 0)


def test_a_second_candle_of_the_same_time_is_refused_however_far_apart_they_are(place: Place) -> None:
    many = [Candle(START + n * MINUTE - 30 * 86_400_000, 10, 11, 9, 10, n) for n in range(6_000)]
    other = many[3]._replace(volume=77.0)
    file = written(place, HEADER, *map(line, [*many, many[2], other]))
    done = chandler(place, "import", file, *OF_BTC, "--replace")
    assert done.exit_code == 1
    assert "  line 6003: duplicate with other values" in done.stdout
    assert place.rows(BTC) == rows(many)


def test_a_file_proves_the_runs_in_it_unless_it_is_said_to_be_complete(place: Place) -> None:
    thin = [candle for n, candle in enumerate(WALK) if n % 10 < 8]
    file = written(place, HEADER, *map(line, thin))
    assert chandler(place, "import", file, *OF_BTC).exit_code == 0
    assert len(place.covered(BTC)) == 72
    assert chandler(place, "import", file, *OF_BTC, "--complete").exit_code == 0
    assert place.covered(BTC) == [Interval(START, thin[-1].timestamp + MINUTE)]
    (status,) = told(place, "status")
    assert (status["rows"], status["confirmed_empty"]) == (len(thin), 718 - len(thin))


def test_a_complete_file_that_hides_which_candle_is_bad_is_not_believed(place: Place) -> None:
    file = written(place, HEADER, *map(line, WALK[:5]), "?,1,1,1,1,1", *map(line, WALK[6:]))
    done = chandler(place, "import", file, *OF_BTC, "--complete")
    assert done.exit_code == 1
    assert place.covered(BTC) == []


def test_an_import_does_not_start_a_stopped_series(place: Place) -> None:
    with place.database.write() as connection:
        mark(connection, BTC, "stopped", "no such market", now_us())
    chandler(place, "import", written(place, HEADER, *map(line, WALK)), *OF_BTC)
    (status,) = told(place, "status")
    assert (status["state"], status["reason"], status["rows"]) == ("stopped", "no such market", 720)


def test_what_came_in_is_not_fetched_again_and_leaves_what_is_out_of_reach(place: Place) -> None:
    key = f"'binance', 'BTC/USDT', '1m', {START - 60 * MINUTE}, {START}"
    execute(place, f"INSERT INTO series_unreachable VALUES ({key}, 'too old', 0)")
    chandler(place, "import", written(place, HEADER, *map(line, WALK)), *OF_BTC)
    (found,) = told(place, "gaps")
    assert all(gap["end"] <= HOURS.start or gap["start"] >= HOURS.end for gap in found["not_fetched"])
    assert [each["reason"] for each in found["unreachable"]] == ["too old"]


def test_a_file_without_a_price_column_is_told_what_it_lacks(place: Place) -> None:
    done = chandler(place, "import", written(place, "time,open,high,low", "1,2,3,4"), *OF_BTC)
    assert done.exit_code == 1
    assert "has no column for close, volume; its columns are time, open, high, low" in done.stderr


@pytest.mark.parametrize("kind", ["parquet", "feather", "csv.gz"])
def test_a_file_that_is_no_such_file_is_a_message(place: Place, kind: str) -> None:
    done = chandler(place, "import", written(place, "not at all", name=f"file.{kind}"), *OF_BTC)
    assert done.exit_code == 1
    assert done.stderr.startswith("chandler: can't read ")
