"""Binance's bulk files."""

import csv
import hashlib
import io
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

DAY = 86_400_000
OLD = 1_732_838_400_000  # 2024-11-29
NEW = 1_735_689_600_000  # 2025-01-01
PLACE = "/data/spot/{}/klines/BTCUSDT/{}/BTCUSDT-{}-{}.zip"


@pytest.fixture(scope="module")
def shared(start: Callable[..., Any]) -> Any:
    return start("--listed", "BTC/USDT=2024-11-29", "--symbols", "BTC/USDT", "--weight-limit", "0")


def fetched(simulator: Any, path: str) -> bytes:
    with urllib.request.urlopen(simulator.url + path, timeout=30) as answer:  # noqa: S310  loopback
        content: bytes = answer.read()
        return content


def rows(simulator: Any, period: str, timeframe: str, date: str) -> list[list[str]]:
    """The rows of a file, whose name inside and checksum are right."""
    path = PLACE.format(period, timeframe, timeframe, date)
    content = fetched(simulator, path)
    name = path.rpartition("/")[2]
    assert fetched(simulator, path + ".CHECKSUM").decode() == f"{hashlib.sha256(content).hexdigest()}  {name}\n"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [name.replace(".zip", ".csv")]
        return list(csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode())))


def missing(simulator: Any, period: str, date: str) -> bool:
    try:
        fetched(simulator, PLACE.format(period, "1m", "1m", date))
    except urllib.error.HTTPError as error:
        with error:
            return error.code == 404
    return False


def test_a_month_is_the_truth_in_milliseconds_before_2025(simulator: Any) -> None:
    found = rows(simulator, "monthly", "1h", "2024-12")
    assert len(found) == 31 * 24
    assert all(len(row) == 12 for row in found)
    start = int(found[0][0])
    truth = simulator.get(f"/control/truth?symbol=BTC/USDT&timeframe=1h&start={start}&end={start + 31 * DAY}")
    assert [[int(row[0]), *map(float, row[1:6])] for row in found] == truth
    assert int(found[0][6]) == start + 3_599_999


def test_times_are_in_microseconds_from_2025_on(simulator: Any) -> None:
    found = rows(simulator, "daily", "1m", "2025-01-01")
    assert len(found) == 1440
    assert int(found[0][0]) == NEW * 1000
    assert int(found[0][6]) == NEW * 1000 + 59_999_999
    assert len(rows(simulator, "daily", "1m", "2024-12-31")[0][0]) == 13


def test_a_file_says_what_rest_says(simulator: Any, client: Any) -> None:
    rest = client.publicGetKlines({"symbol": "BTCUSDT", "interval": "1m", "startTime": NEW - DAY, "limit": 1000})
    assert rows(simulator, "daily", "1m", "2024-12-31")[:1000] == [[str(value) for value in row] for row in rest]


def test_the_month_of_the_listing_begins_with_it(simulator: Any) -> None:
    assert int(rows(simulator, "monthly", "1h", "2024-11")[0][0]) == OLD


@pytest.mark.parametrize(
    ("period", "date"),
    [("monthly", "2024-10"), ("daily", "2024-11-28"), ("monthly", "2099-01"), ("daily", "2025-02-30")],
)
def test_what_is_not_there_is_404(simulator: Any, period: str, date: str) -> None:
    assert missing(simulator, period, date)


def test_today_s_file_is_not_there_yet(simulator: Any, client: Any) -> None:
    assert missing(simulator, "daily", client.iso8601(client.milliseconds())[:10])


def test_a_wrong_checksum_on_request(simulator: Any) -> None:
    path = PLACE.format("daily", "1m", "1m", "2025-01-02")
    content = fetched(simulator, path)
    simulator.fault(kind="checksum", count=1)
    assert hashlib.sha256(content).hexdigest().encode() not in fetched(simulator, path + ".CHECKSUM")
    assert hashlib.sha256(content).hexdigest().encode() in fetched(simulator, path + ".CHECKSUM")
