"""What a check found, and what it stands on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from shared.config import Settings

Verdict = Literal["ok", "warning", "failure", "skipped"]


class Finding(NamedTuple):
    """One line: what is so, and what to do about it where it is not well."""

    verdict: Verdict
    told: str
    todo: str = ""


def ok(told: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", told)


def warning(told: str, todo: str) -> Finding:
    """It works, and will not for ever."""
    return Finding("warning", told, todo)


def failure(told: str, todo: str) -> Finding:
    """Something does not work, or is lost if nobody acts."""
    return Finding("failure", told, todo)


def skipped(told: str) -> Finding:
    """It was not looked at."""
    return Finding("skipped", told)


@dataclass(frozen=True)
class Subject:
    """What is examined. `file` is the SQLite file, None on a server; `read` opens a view that can't write.

    `quick` leaves out what reads every row.
    """

    settings: Settings
    file: Path | None
    read: Callable[[], AbstractContextManager[Connection]]
    quick: bool = False

    def beside(self, suffix: str) -> Path:
        """`-wal` or `-shm`."""
        assert self.file  # noqa: S101 - checks of a file alone ask
        return self.file.with_name(self.file.name + suffix)


Need = Literal["", "library", "file", "schema", "keeper"]


class Check(NamedTuple):
    """A check by its name, and what it can't do without.

    `library`: SQLite, not a server; `file`: such a file, which is there; `schema`: a database of this code's
    schema; `keeper`: that, and SQLite.
    """

    name: str
    look: Callable[[Subject], Iterator[Finding]]
    needs: Need = ""
