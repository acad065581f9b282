"""Manifests for tests: what a test does not say is of no account."""

from typing import Any

from shared.backup.manifest import Digest, Full, Increment

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

_ANY: dict[str, Any] = {
    "change_id": 0,
    "timeline": "a",
    "schema_version": "0005",
    "bytes": 1,
    "sha256": "0" * 64,
    "raw_bytes": 1,
    "raw_sha256": "0" * 64,
    "digests": {"trades": Digest(rows=0, sha256="0" * 64)},
    "chandler": "1",
}


def full(taken_at_us: int, stamp_us: int | None = None, **given: Any) -> Full:
    """A full backup; its stamp is when it was taken if nothing else is said."""
    stamp = taken_at_us if stamp_us is None else stamp_us
    return Full(**{**_ANY, "taken_at_us": taken_at_us, "stamp_us": stamp, **given})


def increment(from_us: int, to_us: int, **given: Any) -> Increment:
    """What happened between two stamps."""
    fields = {"taken_at_us": to_us, "stamp_us": to_us, "from_stamp_us": from_us, "previous": "", "chain": "c"}
    return Increment(**{**_ANY, **fields, **given})
