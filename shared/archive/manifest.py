"""What stands beside a month's file: whose it is, what it holds, what was known of the month, and checksums."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from shared.archive.place import Month, manifest_file
from shared.errors import RepairError
from shared.market import Interval, Series

#: Of files and manifests; whoever reads refuses a newer one.
SCHEMA = 1
#: The key of the Parquet footer under which the same stands, less what only the finished file can tell.
FOOTER = "chandler"

_Kind = TypeVar("_Kind", bound=BaseModel)


class Unreached(BaseModel):
    """A part of the month that the exchange does not hand out, and why: before its listing, for example."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int
    end: int
    reason: str


class Contents(BaseModel):
    """What a month's file holds; it stands in the file's own footer, too. Times of the market in ms UTC.

    `coverage` is what the exchange was asked for and has answered: a candle that lacks there does not exist.
    `rows_sha256` is of the values as 64-bit words (shared.archive.encoding.digest). `revision` is the newest
    `candle_revisions` of the series at sealing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA
    exchange: str
    symbol: str
    timeframe: str
    month: str
    rows: int
    first: int | None
    last: int | None
    coverage: tuple[tuple[int, int], ...]
    unreachable: tuple[Unreached, ...]
    rows_sha256: str
    source: str
    sealed_at_us: int
    revision: int

    @model_validator(mode="after")
    def _names_a_month(self) -> "Contents":
        _ = self.series, self.part  # they say what is wrong with the names
        return self

    @property
    def series(self) -> Series:
        """Whose month it is."""
        return Series(self.exchange, self.symbol, self.timeframe)

    @property
    def part(self) -> Month:
        """Which month it is."""
        return Month.named(self.month)

    @property
    def covered(self) -> list[Interval]:
        """What of the month is known, oldest first."""
        return [Interval(start, end) for start, end in self.coverage]


class Manifest(Contents):
    """The same, and what the finished file is: size, SHA-256, and of each price column the decimals (None: doubles).

    `tier` says how hard it is packed: `warm`, `cold`, or `frozen`, which is read-only, too.
    """

    bytes: int
    sha256: str
    encoding: dict[str, int | None]
    tier: Literal["warm", "cold", "frozen"] = "warm"


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write it as JSON; not synced: that is the caller's."""
    path.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """The manifest of a month's file; RepairError, which says what is wrong with it, if it is none."""
    place = manifest_file(path)
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RepairError(f"{place} can't be read: {error}") from None
    return _parsed(Manifest, text, str(place))


def read_contents(path: Path, told: dict[str, str]) -> Contents:
    """The same from the footer of the file itself."""
    return _parsed(Contents, told.get(FOOTER, ""), f"the footer of {path}")


def contents_of(manifest: Manifest) -> Contents:
    """What of a manifest stands in the file's footer."""
    return Contents.model_validate(manifest.model_dump(include=set(Contents.model_fields)))


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parsed(kind: type[_Kind], text: str, where: str) -> _Kind:
    try:
        plain: Any = json.loads(text)
        if isinstance(plain, dict) and plain.get("schema_version", SCHEMA) > SCHEMA:
            raise RepairError(f"{where} is of a newer Chandler (schema {plain['schema_version']}): upgrade to read it")
        found = kind.model_validate(plain)
    except (ValueError, TypeError) as error:
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise RepairError(f"{where} is no manifest: {told}") from None
    return found


def overlapping(coverage: Iterable[Interval], month: Month) -> list[Interval]:
    """The parts of intervals that lie in a month, oldest first."""
    parts = (Interval(max(part.start, month.start), min(part.end, month.end)) for part in coverage)
    return sorted(part for part in parts if part)
