"""What whoever moves rows is handed: the database, the archive, and what to heed on the way."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.database import Database

_PAUSE_SECONDS = 0.005


@dataclass(frozen=True)
class Shelf:
    """`stopped` says whether to leave the rest for another time; `step` is told what was just done (tests kill there).

    `pause` is called between small transactions, so that writers get their turn.
    """

    database: Database
    root: Path
    stopped: Callable[[], bool] = lambda: False
    step: Callable[[str], None] = lambda _: None
    pause: Callable[[], None] = lambda: time.sleep(_PAUSE_SECONDS)
