"""What the keeper's jobs did last: a row each in `keeper_jobs`, for whoever asks how upkeep goes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from shared import models
from shared.database import dialect

_TABLE = models.keeper_jobs
_LONGEST = 2_000
_BEGUN = ("status", "told", "began_at_us", "ended_at_us", "seconds")
_ENDED = (*_BEGUN, "succeeded_at_us", "figures")
#: Nothing was due: when it last did something, and what it measured then, stays.
_IDLE = _BEGUN
_FAILED = _BEGUN


@dataclass(frozen=True)
class JobRow:
    """A row of `keeper_jobs`; times in microseconds UTC, `figures` as its last success measured them."""

    job: str
    status: str
    told: str
    began_at_us: int
    ended_at_us: int | None
    succeeded_at_us: int | None
    seconds: float | None
    figures: Mapping[str, Any]


def begin(connection: Connection, job: str, now_us: int) -> None:
    """It runs now."""
    _put(connection, _BEGUN, job=job, status="running", began_at_us=now_us)


def finish(
    connection: Connection,
    job: str,
    began_at_us: int,
    now_us: int,
    seconds: float,
    *,
    failure: str | None = None,
    figures: Mapping[str, object] | None = None,
) -> None:
    """It has ended: with a failure, with figures, or, without either, with nothing that was due."""
    row = {"job": job, "began_at_us": began_at_us, "ended_at_us": now_us, "seconds": seconds}
    if failure is not None:
        _put(connection, _FAILED, **row, status="failed", told=failure[:_LONGEST])
    elif figures is None:
        _put(connection, _IDLE, **row, status="ok", told="nothing was due")
    else:
        _put(connection, _ENDED, **row, status="ok", succeeded_at_us=now_us, figures=json.dumps(dict(figures)))


def abandon(connection: Connection) -> None:
    """Whatever runs by its row was cut off: the keeper that ran it is no more."""
    told = "the keeper ended in the middle of it"
    connection.execute(update(_TABLE).where(_TABLE.c.status == "running").values(status="failed", told=told))


def keeper_jobs(connection: Connection) -> list[JobRow]:
    """All jobs that ever ran, by name."""
    columns = [_TABLE.c[name] for name in JobRow.__dataclass_fields__]
    rows = connection.execute(select(*columns).order_by(_TABLE.c.job))
    return [JobRow(**{**row._asdict(), "figures": json.loads(row.figures or "{}")}) for row in rows]


def _put(connection: Connection, changed: tuple[str, ...], **values: object) -> None:
    """Write these columns of a job's row; a row that is new gets nothing else than their defaults."""
    row = {"told": "", "ended_at_us": None, "seconds": None, "succeeded_at_us": None, "figures": "{}", **values}
    statement = dialect.upsert(connection.dialect.name, _TABLE, ("job",), changed)
    connection.execute(statement, row)
