"""The keeper watches the disk."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from keeper.disk import DiskWatch, short_of_room
from shared.config import Settings
from shared.database import Database, open_database
from shared.database.upkeep import database_file
from shared.errors import RepairError
from shared.upkeep import Sample, free_of, samples, save

HOUR_US = 3_600 * 1_000_000
NOW_US = 1_800_000_000_000_000
GB = 1_000_000_000


class Watched:
    """A watch whose clock the test moves."""

    def __init__(self, database: Database, keeper: dict[str, object] | None = None) -> None:
        file = database_file(str(database.writer.url))
        paths = {"data": file.parent, "archive": file.parent / "archive", "backups": file.parent / "backups"}
        settings = Settings.model_validate({"exchanges": {"binance": {}}, "paths": paths, "keeper": keeper or {}})
        self.now = NOW_US
        self.database = database
        self.watch = DiskWatch(database, file, settings, structlog.get_logger(), clock=lambda: self.now)

    def taken(self) -> list[Sample]:
        with self.database.read() as connection:
            return samples(connection, 0, 2**62)


@pytest.fixture
def impatient(database: Database) -> Iterator[Database]:
    with closing(open_database(str(database.writer.url), "normal", busy_timeout_ms=50, readers=1)) as opened:
        yield opened


def test_it_keeps_a_sample_at_the_start_and_every_hour_and_one_when_the_clock_was_set_back(database: Database) -> None:
    watched = Watched(database)
    for later in (0, HOUR_US - 1, 1):
        watched.now += later
        watched.watch.round()
    watched.now -= 2 * HOUR_US
    figures = watched.watch.round()
    assert [sample.taken_at_us for sample in watched.taken()] == [NOW_US - HOUR_US, NOW_US, NOW_US + HOUR_US]
    assert figures["confidence"] == "none"
    assert figures["free_bytes"] == watched.taken()[0].free_bytes


def test_a_disk_that_will_be_full_soon_is_a_warning_and_no_failure(database: Database) -> None:
    free = free_of(database_file(str(database.writer.url)).parent)
    growth = free.free // (5 * 24)
    watched = Watched(database, {"disk_warning_days": 7})
    with database.write() as connection:
        for hour in range(1, 49):
            left = free.free + hour * growth
            save(connection, Sample(NOW_US - hour * HOUR_US, 0, 0, 0, 0, left, free.total))
    with capture_logs() as logged:
        figures = watched.watch.round()
    assert figures["days_left"] == pytest.approx(5, rel=0.1)
    (warning,) = (entry for entry in logged if entry["event"] == "the disk will be full soon")
    assert warning["log_level"] == "warning"
    assert warning["days_left"] == pytest.approx(5, rel=0.1)


def test_a_locked_database_is_no_reason_not_to_look(database: Database, impatient: Database) -> None:
    watched = Watched(impatient)
    with database.write(), capture_logs() as logged:
        assert watched.watch.round()["free_bytes"]
    assert [entry["event"] for entry in logged] == ["the sample of the disk is not kept"]
    assert watched.taken() == []


def test_a_disk_without_room_is_an_alarm_that_ends_with_it(small_disk: Path, migrated_file: Path) -> None:
    (small_disk / "trading.db").write_bytes(migrated_file.read_bytes())
    with closing(open_database(f"sqlite:///{small_disk}/trading.db", "normal")) as database:
        watched = Watched(database)
        watched.watch.round()
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(free_of(small_disk).free - 50_000))
        with pytest.raises(RepairError, match=r"too little room .* 0 MB are left on the disk of .*small-disk"):
            watched.watch.round()
        ballast.unlink()
        watched.watch.round()


def test_directories_on_one_disk_are_told_of_once_and_those_that_are_not_there_not_at_all(small_disk: Path) -> None:
    (small_disk / "backups").mkdir()
    (small_disk / "ballast").write_bytes(bytes(free_of(small_disk).free - 50_000))
    told = short_of_room((small_disk, small_disk / "backups", small_disk / "gone"), 512)
    assert len(told) == 1
    assert told[0].endswith(f"on the disk of {small_disk}")
