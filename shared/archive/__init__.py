"""The archive: months of candles that are complete, each in a file of its own that is never changed again."""

from shared.archive.age import age
from shared.archive.encoding import COLUMNS, Arrays
from shared.archive.lock import ArchiveBusyError
from shared.archive.manifest import Manifest
from shared.archive.mend import mend
from shared.archive.place import Month, month_file
from shared.archive.prune import forget, prunable, prune, restore
from shared.archive.read import load, sealed, series_in
from shared.archive.seal import seal, sealable
from shared.archive.verify import Problem, verify

__all__ = [
    "COLUMNS",
    "ArchiveBusyError",
    "Arrays",
    "Manifest",
    "Month",
    "Problem",
    "age",
    "forget",
    "load",
    "mend",
    "month_file",
    "prunable",
    "prune",
    "restore",
    "seal",
    "sealable",
    "sealed",
    "series_in",
    "verify",
]
