"""Health by progress: a service writes what it verified about itself, `python -m shared.health` reads it.

The file says "healthy", why, and when. A service that hangs stops writing, so an old stamp is unhealthy however good
the last word was. The stamp is of the boot clock, which no clock adjustment moves. Standard library only: the check
runs every few seconds beside the service and must cost next to nothing.
"""

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from shared.clock import boot_id, boot_us

FILE_VARIABLE = "CHANDLER_HEALTH_FILE"
_DEFAULT = "/tmp/chandler-health.json"  # noqa: S108 - a container's own tmpfs; set the variable elsewhere
_FRESH_SECONDS = 30


def health_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where this service's health is written."""
    return Path(environ.get(FILE_VARIABLE) or _DEFAULT)


def report(healthy: bool, detail: str, path: Path | None = None) -> None:  # noqa: FBT001 - the verdict itself
    """Write the verdict; the file appears whole or not at all. A few dozen microseconds on a tmpfs.

    In a directory that others may write to, like /tmp, a link that somebody put there is never followed: the draft is
    made anew, and its rename replaces a link. The sticky bit keeps it from replacing another user's file.
    A disk that refuses it must not stop the service: the check then finds an old stamp and says so.
    """
    target = path or health_file()
    word = {"healthy": healthy, "detail": detail, "boot_id": boot_id(), "boot_us": boot_us()}
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        draft.unlink(missing_ok=True)  # a killed process of the same number may have left one
        with draft.open("x", encoding="utf-8") as file:
            file.write(json.dumps(word))
        draft.replace(target)


def complaint(text: str | None, now_us: int, this_boot: str, fresh_seconds: float = _FRESH_SECONDS) -> str | None:
    """Why a service with this health file is not healthy; None if it is. `now_us` is the boot clock's."""
    if text is None:
        return "no health was reported yet"
    try:
        word = json.loads(text)
        healthy, detail, boot = word["healthy"], word["detail"], word["boot_id"]
        age = (now_us - int(word["boot_us"])) / 1e6
    except (ValueError, TypeError, KeyError):
        return f"the health file is not what a service writes: {text[:100]!r}"
    if boot != this_boot:
        return f"the last report is from before the host booted: {detail}"
    if age > fresh_seconds:
        return f"the last report is {age:.0f} s old, the service hangs or has gone: {detail}"
    return None if healthy is True else str(detail)


def main() -> int:
    """0 if healthy; 1 and the reason on standard error if not."""
    path = health_file()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        text = None
    if why := complaint(text, boot_us(), boot_id()):
        print(f"unhealthy: {why} ({path})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
