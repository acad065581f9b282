"""Being told to stop, by SIGTERM or Ctrl-C."""

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue


class Stop:
    """What a service's loop waits on.

    Not a `threading.Event`: setting one in a signal handler while the same thread waits on it can deadlock, and
    `SimpleQueue.put` is safe there.
    """

    def __init__(self) -> None:
        self._asked = False
        self._bell: SimpleQueue[None] = SimpleQueue()

    def ask(self, *_signal: object) -> None:
        """Have the loop end; may be called by a signal handler."""
        self._asked = True
        self._bell.put(None)

    def is_asked(self) -> bool:
        """Whether it was told to end."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait so long or until told to end; True if it was."""
        if not self._asked:
            with suppress(Empty):
                self._bell.get(timeout=max(0.0, seconds))
        return self._asked


def stop_on_signals(*numbers: signal.Signals) -> Stop:
    """Told by SIGTERM and SIGINT, and by further signals if named. Main thread only."""
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT, *numbers):
        signal.signal(number, stop.ask)
    return stop
