"""One writer an archive: whoever writes months, takes rows out of the table or mends holds a lock on its directory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shared.errors import RetryError, StopError
from shared.held import TakenError, held

_NAME = ".lock"


class ArchiveBusyError(RetryError):
    """Another process writes the archive: a second keeper, or a command."""


@contextmanager
def writing_archive(root: Path) -> Iterator[None]:
    """Hold the lock; the system lets go of it when the process ends, however it does.

    ArchiveBusyError while another process has it, StopError where nothing can be written.
    """
    with ExitStack() as stack:
        try:
            root.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held(root / _NAME))
        except TakenError:
            raise ArchiveBusyError(
                f"another process writes the archive {root}: a keeper, or a `chandler archive` command; try again later"
            ) from None
        except OSError as error:
            raise StopError(f"can't write the archive {root}: {error.strerror}; see paths.archive") from None
        yield
