"""What was asked and answered, for a test to read back."""

from collections import deque
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

KEPT: Final = 200_000


@dataclass(frozen=True, slots=True)
class Access:
    """One request. `status` is 0 when the connection was dropped; `fault` names what was done to it, if anything.

    `refused` is the exchange's own refusal, which some exchanges send with status 200.
    """

    n: int
    at_ms: int
    method: str
    path: str
    query: str
    status: int
    fault: str | None
    refused: str | None = None


class AccessLog:
    """The newest entries, numbered from 1 without holes."""

    def __init__(self, kept: int = KEPT) -> None:
        self._entries: deque[Access] = deque(maxlen=kept)
        self._count = 0

    def add(
        self, at_ms: int, method: str, path: str, query: str, status: int, fault: str | None, refused: str | None = None
    ) -> None:
        self._count += 1
        self._entries.append(Access(self._count, at_ms, method, path, query, status, fault, refused))

    def since(self, n: int, most: int | None = None) -> list[dict[str, Any]]:
        """At most `most` of the entries after number `n` that are still kept, oldest first."""
        skipped = max(0, n - (self._count - len(self._entries)))
        return [asdict(entry) for entry in islice(self._entries, skipped, None if most is None else skipped + most)]
