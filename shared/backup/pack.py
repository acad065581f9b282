"""Compressing a file and getting it back, with checksums of both; zstandard is loaded only here."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

from shared.errors import ConfigError, RepairError

#: The quickest: higher ones make a database hardly smaller.
_LEVEL = 1
_CHUNK = 4 << 20
#: Of what waits to be written never more than this: a sync of much would hold up everybody's commits.
_UNSYNCED = 16 << 20


class Packed(NamedTuple):
    """Sizes and SHA-256 of the compressed file and of what was compressed."""

    bytes: int
    sha256: str
    raw_bytes: int
    raw_sha256: str


def pack(source: Path, target: Path, each_step: Callable[[], None] = lambda: None) -> Packed:
    """Compress a file that nobody writes; `each_step` is called every few megabytes."""
    raw, packed, unsynced = hashlib.sha256(), hashlib.sha256(), 0
    compressor = _zstandard().ZstdCompressor(level=_LEVEL, write_checksum=True)
    squeeze = compressor.compressobj(size=source.stat().st_size)
    with source.open("rb") as reader, target.open("wb") as writer:
        while piece := reader.read(_CHUNK):
            raw.update(piece)
            unsynced = _put(writer, squeeze.compress(piece), packed, unsynced)
            each_step()
        _put(writer, squeeze.flush(), packed, unsynced)
        return Packed(writer.tell(), packed.hexdigest(), reader.tell(), raw.hexdigest())


def unpack(path: Path, expected: Packed, target: Path | None, each_step: Callable[[], None] = lambda: None) -> None:
    """Decompress it to `target` (None: nowhere, only check); RepairError unless both checksums are as expected.

    `target` is not synced, and is to be thrown away if this raises.
    """
    raw, packed = hashlib.sha256(), hashlib.sha256()
    zstandard = _zstandard()
    expand = zstandard.ZstdDecompressor().decompressobj()
    try:
        with path.open("rb") as reader, (target or Path(os.devnull)).open("wb") as writer:
            while piece := reader.read(_CHUNK // 8):
                packed.update(piece)
                out = expand.decompress(piece)
                raw.update(out)
                writer.write(out)
                each_step()
    except zstandard.ZstdError as error:
        raise RepairError(f"{path} is damaged: it can't be decompressed ({error})") from None
    if packed.hexdigest() != expected.sha256 or raw.hexdigest() != expected.raw_sha256:
        raise RepairError(f"{path} is damaged: its checksum is not what its manifest says")


def _put(writer: IO[bytes], piece: bytes, digest: Any, unsynced: int) -> int:
    digest.update(piece)
    writer.write(piece)
    if unsynced + len(piece) < _UNSYNCED:
        return unsynced + len(piece)
    writer.flush()
    os.fsync(writer.fileno())
    return 0


def _zstandard() -> Any:
    try:
        import zstandard  # noqa: PLC0415 - only backups need it
    except ImportError:
        raise ConfigError("backups need zstandard: install requirements/files.lock") from None
    return zstandard
