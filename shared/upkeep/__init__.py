"""What is known of the upkeep: the keeper's jobs, the disk, and which keeper works."""

from shared.upkeep.alone import Busy, alone, holder, keeper_lock
from shared.upkeep.forecast import Forecast, Sample, forecast
from shared.upkeep.jobs import JobRow, abandon, begin, finish, keeper_jobs
from shared.upkeep.room import Room, free_of, tree_bytes
from shared.upkeep.samples import measure, samples, save

__all__ = [
    "Busy",
    "Forecast",
    "JobRow",
    "Room",
    "Sample",
    "abandon",
    "alone",
    "begin",
    "finish",
    "forecast",
    "free_of",
    "holder",
    "keeper_jobs",
    "keeper_lock",
    "measure",
    "samples",
    "save",
    "tree_bytes",
]
