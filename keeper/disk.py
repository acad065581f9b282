"""Watches the disk: keeps samples of what it takes, says when it will be full, and raises the alarm when it nearly is.

The backfiller stops taking history by itself before the disk is full (shared.upkeep.room): it must, keeper or not.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from shared.clock import now_us
from shared.config import Settings
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.upkeep import Forecast, Sample, forecast, free_of, measure, samples, save
from shared.upkeep.forecast import WINDOW_US
from shared.upkeep.room import is_short

_SAMPLE_US = 3_600 * 1_000_000


@dataclass
class DiskWatch:
    """`database` is where samples are kept, `file` the SQLite file they are of."""

    database: Database
    file: Path
    settings: Settings
    log: FilteringBoundLogger
    clock: Callable[[], int] = now_us
    _newest: tuple[Sample, Forecast] | None = field(default=None, init=False)

    def round(self) -> Mapping[str, object]:
        """Look, and look ahead; RepairError names each disk that has too little room left."""
        paths, limit = self.settings.paths, self.settings.keeper.disk_stop_megabytes
        sample, ahead = self._sampled()
        if short := short_of_room((self.file.parent, paths.backups, paths.archive, paths.journal), limit):
            raise RepairError(
                f"too little room (keeper.disk_stop_megabytes: {limit}): {'; '.join(short)};"
                " make some: history waits for it, trades go on as long as there is any"
            )
        return {
            **{name: size for name, size in asdict(sample).items() if name != "taken_at_us"},
            "bytes_a_day": round(ahead.bytes_a_day),
            "days_left": None if ahead.days_left is None else round(ahead.days_left, 1),
            "confidence": ahead.confidence,
        }

    def _sampled(self) -> tuple[Sample, Forecast]:
        """The newest sample and what follows from it; a new one if it is an hour old, or of no time there can be."""
        now = self.clock()
        if self._newest and 0 <= now - self._newest[0].taken_at_us < _SAMPLE_US:
            return self._newest
        sample = measure(self.file, self.settings.paths.archive, self.settings.paths.backups, now)
        try:
            with self.database.write() as connection:
                save(connection, sample)
        except RetryError as error:  # no reason not to look
            self.log.warning("the sample of the disk is not kept", error=str(error))
        self._newest = sample, self._forecast(sample)
        return self._newest

    def _forecast(self, sample: Sample) -> Forecast:
        with self.database.read() as connection:
            taken = samples(connection, sample.taken_at_us - WINDOW_US, sample.taken_at_us)
        ahead = forecast(taken, sample.free_bytes)
        if ahead.is_alarming(self.settings.keeper.disk_warning_days):
            self.log.warning(
                "the disk will be full soon",
                days_left=round(ahead.days_left or 0, 1),
                megabytes_a_day=round(ahead.bytes_a_day / 1e6, 1),
                free_megabytes=round(sample.free_bytes / 1e6),
                confidence=ahead.confidence,
            )
        return ahead


def short_of_room(places: tuple[Path, ...], megabytes: int) -> list[str]:
    """Which of these directories' disks have too little left, each disk once; what is not there is not asked."""
    disks = {place.stat().st_dev: place for place in reversed(places) if place.is_dir()}
    found = {place: free_of(place) for place in disks.values()}
    return [
        f"{disk.free / 1e6:,.0f} MB are left on the disk of {place}"
        for place, disk in found.items()
        if is_short(disk, megabytes, was_short=False)
    ]
