"""Writes down how the jobs went. It never holds a job up: what can't be written is left out, and said once."""

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import Connection
from structlog.typing import FilteringBoundLogger

from shared.database import Database
from shared.errors import ChandlerError
from shared.upkeep import abandon, begin, finish

#: While all is well, a job that runs all the time is written down so often.
_BRIEF_US = 300_000_000


class Notes:
    """`database` should wait for a lock only briefly, and need not be durable: a note that is lost comes again."""

    def __init__(self, database: Database, log: FilteringBoundLogger) -> None:
        self._database = database
        self._log = log
        self._said = False
        self._noted: dict[str, tuple[int, bool]] = {}

    def clear(self) -> None:
        """Nothing runs yet, whatever a keeper before this one left written."""
        self._write(abandon)

    def begin(self, job: str, now_us: int) -> None:
        """A job runs now."""
        self._write(partial(begin, job=job, now_us=now_us))

    def finish(
        self,
        job: str,
        began_at_us: int,
        now_us: int,
        seconds: float,
        failure: str | None,
        figures: Mapping[str, object] | None,
        *,
        brief: bool,
    ) -> None:
        """A job has ended; of a `brief` one only a change is written at once."""
        then, failed = self._noted.get(job, (-_BRIEF_US, False))
        if brief and failed == (failure is not None) and 0 <= now_us - then < _BRIEF_US:
            return
        self._noted[job] = now_us, failure is not None
        self._write(
            partial(
                finish,
                job=job,
                began_at_us=began_at_us,
                now_us=now_us,
                seconds=seconds,
                failure=failure,
                figures=figures,
            )
        )

    def _write(self, work: Callable[[Connection], None]) -> None:
        try:
            with self._database.write() as connection:
                work(connection)
        except ChandlerError as error:
            if not self._said:
                self._log.warning("what the jobs did can't be written down", error=str(error))
            self._said = True
        else:
            self._said = False
