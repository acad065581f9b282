"""The clocks. Only the edges call them; decisions take `now` as an argument."""

import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


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


def boot_id() -> str:
    """Names this boot of the host; `boot_us` of another boot can't be compared with ours."""
    return _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else "this-host"
