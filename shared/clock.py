"""The clocks. Only the edges call them; decisions take `now` as an argument."""

import time
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SYSCTL = Path("/usr/sbin/sysctl")


def now_ms() -> int:
    """Wall clock, integer milliseconds UTC."""
    return time.time_ns() // 1_000_000


def now_us() -> int:
    """Wall clock, integer microseconds UTC."""
    return time.time_ns() // 1_000


def boot_us() -> int:
    """Microseconds since the host booted, counting suspend: it never steps, and all containers of a host share it."""
    boottime = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(boottime) // 1_000


@cache
def boot_id() -> str:
    """Names this boot of the host; `boot_us` of another boot can't be compared with ours. Asked once a process.

    Linux and macOS name each boot. On any other system the name never changes: a lease from before a reboot is then
    told only by how far it lies in the future (shared.trading.lease).
    """
    if _BOOT_ID.exists():
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return (_SYSCTL.exists() and _boot_session_of_macos()) or "this-host"


def _boot_session_of_macos() -> str:
    import subprocess  # noqa: PLC0415 - elsewhere nobody needs it

    # Not kern.boottime: it moves whenever the wall clock is set.
    command = [str(_SYSCTL), "-n", "kern.bootsessionuuid"]
    told = subprocess.run(command, capture_output=True, encoding="ascii", check=False)  # noqa: S603 - no user input
    return str(told.stdout).strip()
