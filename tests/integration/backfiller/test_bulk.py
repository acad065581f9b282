"""Published files: whole days come from them, verified; REST fetches the rest, and everything when they are no use."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from shared.market import Interval, Series
from tests.integration.backfiller.rig import Exchange, Place, Simulate, until

BTC = Series("binance", "BTC/USDT", "1m")
DAY = 86_400_000


@pytest.fixture
def exchange(simulate: Simulate) -> Exchange:
    return simulate("--days", "8")


@pytest.fixture
def days(exchange: Exchange) -> Interval:
    """Four and a half days; the first half is in no file."""
    today = exchange.now() // DAY * DAY
    return Interval(today - 7 * DAY + DAY // 2, today - 2 * DAY)


def collect(place: Place, exchange: Exchange, part: Interval, section: str) -> int:
    place.configure(exchange, {"start": iso(part.start), "end": iso(part.end)}, section=section)
    return place.fetch()


def asked_of_rest(exchange: Exchange, part: Interval) -> int:
    """Candles of a part that REST was asked for."""
    asked = [entry["query"] for entry in exchange.log() if "endTime" in entry["query"]]
    pages = [Interval(int(query["startTime"]), int(query["endTime"]) + 1) for query in asked]
    return sum(max(0, min(page.end, part.end) - max(page.start, part.start)) for page in pages) // BTC.step


def test_whole_days_come_from_files_and_the_rest_from_rest(exchange: Exchange, place: Place, days: Interval) -> None:
    assert collect(place, exchange, days, f'bulk_url = "{exchange.url}"') == 0
    assert place.rows(BTC) == exchange.truth(BTC, days)
    assert place.covered(BTC) == [days]
    assert place.status(BTC).candles == len(place.rows(BTC))
    in_files = Interval(days.start + DAY // 2, days.end - DAY)  # the newest page is fetched first of all
    assert asked_of_rest(exchange, in_files) == 0
    assert [entry["status"] for entry in exchange.log(".zip")] == [200, 200, 200]


def test_files_are_not_asked_for_when_the_flag_is_off(exchange: Exchange, place: Place, days: Interval) -> None:
    assert collect(place, exchange, days, f'bulk_url = "{exchange.url}"\nbulk = false') == 0
    assert exchange.log(".zip") == []
    assert place.rows(BTC) == exchange.truth(BTC, days)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "checksum"},
        {"kind": "garbage", "paths": ".zip"},
        {"kind": "truncated", "paths": "CHECKSUM"},
        {"kind": "server_error", "paths": "CHECKSUM"},
        {"kind": "drop", "paths": ".zip"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('paths', '')}".strip(),
)
def test_a_file_that_is_no_use_leaves_its_days_to_rest(
    exchange: Exchange, place: Place, days: Interval, fault: dict[str, str]
) -> None:
    exchange.fault(**fault, seconds=600)
    assert collect(place, exchange, days, f'bulk_url = "{exchange.url}"') == 0
    assert place.rows(BTC) == exchange.truth(BTC, days)
    assert place.covered(BTC) == [days]


def test_a_hole_in_a_file_is_confirmed_by_rest(exchange: Exchange, place: Place, days: Interval) -> None:
    start = days.start + DAY
    exchange.ask("/control/outage", {"symbol": "BTCUSDT", "start": start, "end": start + DAY // 2})
    assert collect(place, exchange, days, f'bulk_url = "{exchange.url}"') == 0
    assert place.rows(BTC) == exchange.truth(BTC, days)
    assert place.covered(BTC) == [days]
    assert asked_of_rest(exchange, Interval(start, start + DAY // 2)) > 0
    assert asked_of_rest(exchange, Interval(start + DAY // 2, start + DAY)) == 0


def test_months_come_as_one_file_each_and_a_kill_midway_costs_no_more_than_the_page_in_hand(
    simulate: Simulate, place: Place
) -> None:
    exchange = simulate("--days", "100")
    start, end = months(exchange.now(), 2)
    part = Interval(start - DAY // 2, end + DAY)  # the newest page is fetched first of all
    place.configure(
        exchange,
        {"start": iso(part.start), "end": iso(part.end)},
        section=f'bulk_url = "{exchange.url}"',
        backfill="pause_ms = 20",
    )
    process = place.start("--once")
    until("some days are stored", lambda: len(place.rows(BTC)) > 5_000 or process.poll() is not None)
    assert process.poll() is None, place.log.read_text()
    process.kill()
    process.wait()
    held = len(place.rows(BTC))
    assert held < len(exchange.truth(BTC, part)) - 10_000
    assert place.fetch() == 0
    assert place.rows(BTC) == exchange.truth(BTC, part)
    assert place.covered(BTC) == [part]
    assert asked_of_rest(exchange, Interval(start, end)) < 1440  # what was left of a day that was begun
    assert len([entry for entry in exchange.log(".zip") if "monthly" in entry["path"]]) == 2


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A directory that is served at an address."""
    directory = tmp_path / "shelf"
    directory.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield directory, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called there
        pass


def publish(
    directory: Path, exchange: Exchange, day: int, spoil: Callable[[list[str]], list[str]], cut: int = 0
) -> None:
    """Put a day's file there, made of the truth and then spoiled, with the right checksum."""
    name = f"BTCUSDT-1m-{iso(day)[:10]}"
    rows = exchange.truth(BTC, Interval(day, day + DAY))
    lines = [",".join(map(str, [int(row[0]) * 1000, *row[1:], 0, 0, 0, 0, 0, 0])) for row in rows]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}.csv", "\n".join(spoil(lines)))
    content = packed.getvalue()[: len(packed.getvalue()) - cut]
    place = directory / "data/spot/daily/klines/BTCUSDT/1m"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.zip").write_bytes(content)
    (place / f"{name}.zip.CHECKSUM").write_text(f"{hashlib.sha256(content).hexdigest()}  {name}.zip\n")


def spoiled(lines: list[str]) -> list[str]:
    """High below low, a row cut short, a time in seconds, one row twice with other values, two out of order."""
    high_below_low = lines[10].split(",")
    high_below_low[2:4] = ["1.0", "2.0"]
    in_seconds = lines[30][:10] + lines[30][16:]
    again = lines[40].split(",")
    again[5] = "123456.0"
    lines[10], lines[20], lines[30] = ",".join(high_below_low), lines[20][:25], in_seconds
    lines[50], lines[51] = lines[51], lines[50]
    return [*lines[:41], ",".join(again), *lines[41:]]


def test_rows_that_are_no_candles_go_to_quarantine_and_their_candles_come_from_rest(
    exchange: Exchange, place: Place, days: Interval, shelf: tuple[Path, str]
) -> None:
    directory, url = shelf
    day = days.start + DAY // 2
    publish(directory, exchange, day, spoiled)
    assert collect(place, exchange, days, f'bulk_url = "{url}"') == 0
    assert place.rows(BTC) == exchange.truth(BTC, days)
    assert place.covered(BTC) == [days]
    assert quarantined(place) == {
        ("not low <= open, close <= high", "bulk"): 1,
        ("not a row of six numbers", "bulk"): 1,
        ("time in seconds", "bulk"): 1,
        ("duplicate with other values", "bulk"): 1,
    }
    assert (
        4 <= asked_of_rest(exchange, Interval(day, day + DAY)) < 60
    )  # all four in one page, what lies between included


def test_a_file_of_another_day_makes_nothing_known(
    exchange: Exchange, place: Place, days: Interval, shelf: tuple[Path, str]
) -> None:
    directory, url = shelf
    day = days.start + DAY // 2
    publish(directory, exchange, day, lambda lines: [f"{int(line[:16]) + DAY * 1000}{line[16:]}" for line in lines])
    assert collect(place, exchange, days, f'bulk_url = "{url}"') == 0
    assert place.rows(BTC) == exchange.truth(BTC, days)
    assert asked_of_rest(exchange, Interval(day, day + DAY)) == 1440


def test_a_zip_that_was_cut_before_its_checksum_was_made_is_left_to_rest(
    exchange: Exchange, place: Place, days: Interval, shelf: tuple[Path, str]
) -> None:
    directory, url = shelf
    publish(directory, exchange, days.start + DAY // 2, list, cut=100)
    assert collect(place, exchange, days, f'bulk_url = "{url}"') == 0
    assert place.rows(BTC) == exchange.truth(BTC, days)
    assert place.covered(BTC) == [days]


def quarantined(place: Place) -> dict[tuple[str, str], int]:
    with place.database.read() as connection:
        found = connection.exec_driver_sql("SELECT reason, source, sum(times) FROM quarantine GROUP BY reason, source")
        return {(reason, source): times for reason, source, times in found}


def months(now: int, count: int) -> Interval:
    """The last whole months of which the files are out."""
    end = datetime.fromtimestamp((now - 9 * DAY) / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = end
    for _ in range(count):
        start = (start - timedelta(days=1)).replace(day=1)
    return Interval(int(start.timestamp() * 1000), int(end.timestamp() * 1000))


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()
