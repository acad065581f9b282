"""The queue of those who wait for SQLite's write lock: first come, first served.

SQLite itself keeps none: whoever asks in the right moment has the lock, and beside busy writers some ask in vain for
long. So the writers of a host line up for a lock of the kernel's on the database's directory, and only the first asks
SQLite. It is held while one waits, never during a transaction; its holder's death gives it back. Nothing depends on it
but who is next: the write lock is SQLite's, and those who know of no queue (the sqlite3 shell) take it as ever.
"""

import contextlib
import fcntl
import os
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from pathlib import Path
from queue import SimpleQueue


class Turn:
    """One connection's place in the queue; for one thread at a time."""

    def __init__(self, directory: Path) -> None:
        """No file is made: the directory itself is locked."""
        self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._waiting: SimpleQueue[Future[None] | None] | None = None

    def take(self, seconds: float) -> bool:
        """Be the first in the queue; False if others are before us for so long, or the file system knows no queue."""
        try:
            fcntl.flock(self._directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return seconds > 0 and self._wait(seconds)
        except OSError:
            return False
        return True

    def give(self) -> None:
        """Let the next one be first."""
        fcntl.flock(self._directory, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave for good."""
        if self._waiting:
            self._waiting.put(None)
        os.close(self._directory)

    def _wait(self, seconds: float) -> bool:
        """The kernel keeps the queue, and knows no time limit: a thread waits for it, and we for the thread."""
        if self._waiting is None:
            waiting: SimpleQueue[Future[None] | None] = SimpleQueue()
            threading.Thread(target=self._stand, args=(waiting,), name="turn", daemon=True).start()
            self._waiting = waiting
        asked = Future[None]()
        self._waiting.put(asked)
        try:
            asked.result(seconds)
        except WaitedTooLong:
            return not asked.cancel()
        except BaseException:  # Ctrl-C: nobody would give it back
            if not asked.cancel():
                self.give()
            raise
        return True

    def _stand(self, waiting: "SimpleQueue[Future[None] | None]") -> None:
        while (asked := waiting.get()) is not None:
            with contextlib.suppress(OSError):  # closed meanwhile
                fcntl.flock(self._directory, fcntl.LOCK_EX)
                if asked.set_running_or_notify_cancel():
                    asked.set_result(None)
                else:
                    self.give()
