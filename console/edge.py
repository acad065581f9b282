"""The edge of every command: the configuration it reads, and what becomes of an error."""

import os
import sys
from typing import TYPE_CHECKING

from shared.errors import ChandlerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.config import Settings


def settings() -> "Settings":
    """The configuration, checked; ConfigError lists every mistake."""
    from shared.config import load_settings  # noqa: PLC0415 - --help needs none

    return load_settings(os.environ)


def told(command: "Callable[[], int]") -> int:
    """Run a command; what Chandler raises on purpose becomes its message and exit code 1."""
    try:
        return command()
    except (ChandlerError, OSError) as error:
        print(f"chandler: {error}", file=sys.stderr)
        return 1
