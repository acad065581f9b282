"""One keeper works at a time: it holds a lock beside the database, and any other stands by."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shared import held
from shared.errors import RetryError, StopError

_NAMELESS = "it does not say which"


class Busy(RetryError):  # noqa: N818 - it is no failure: the other one works
    """Another keeper works."""


def keeper_lock(database: Path) -> Path:
    """The lock of whoever looks after this database file."""
    return database.with_name("keeper.lock")


@contextmanager
def alone(path: Path, who: str) -> Iterator[None]:
    """Hold the lock; `who` is told to those who find it taken. Busy while another process has it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(held.held(path, who))
        except held.TakenError as error:
            raise Busy(f"another keeper works: {error.holder or _NAMELESS}") from None
        except OSError as error:
            raise StopError(f"can't hold {path}: {error.strerror}; the data directory has to be writable") from None
        yield


def holder(path: Path) -> str | None:
    """Who holds the lock, in that process's own words; None if nobody does. It is not taken, nor made."""
    found = held.holder(path)
    return _NAMELESS if found == "" else found
