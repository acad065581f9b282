"""Child processes that end when we do, whatever ends us."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """A running service; what it prints goes to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def state(self) -> str:
        """`running`, or how it ended."""
        code = self.process.poll()
        if code is None:
            return "running"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def start(name: str, command: Sequence[str], environ: Mapping[str, str], directory: Path, log: Path) -> Child:
    """Start a service in a session of its own, so that Ctrl-C reaches only us and we stop it in order.

    On Linux the kernel kills it when we die, even by SIGKILL. Call it from the main thread: the kernel watches
    the thread that started the child.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            env=dict(environ),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 - we have one thread, and nothing else can do this
        )
    return Child(name, process, log)


def stop_all(children: Iterable[Child], grace_seconds: float = 10) -> list[str]:
    """SIGTERM to all at once, SIGKILL to those still there after the grace; returns the names of the killed."""
    running = [child for child in children if child.process.poll() is None]
    for child in running:
        child.process.terminate()
    deadline = monotonic() + grace_seconds
    killed = []
    for child in running:
        try:
            child.process.wait(max(0.01, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
            killed.append(child.name)
    return killed


def first_dead(children: Iterable[Child]) -> Child | None:
    """A child that has ended though nobody asked it to."""
    return next((child for child in children if child.process.poll() is not None), None)


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_the_kernel
