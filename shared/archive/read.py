"""Reading the archive: which months there are, and a month's candles, checked against what is said of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.archive.encoding import COLUMNS, Arrays, digest, read_arrays, read_table
from shared.archive.manifest import Contents, Manifest, contents_of, file_digest, read_contents, read_manifest
from shared.archive.place import Month, month_file, month_of, series_directory, series_of
from shared.errors import RepairError
from shared.market import Series


def series_in(root: Path) -> list[Series]:
    """Whose files there are, in order; directories that are none of the archive's are left out."""
    found = set()
    for path in root.glob("*/*/*/*/*.parquet"):
        try:
            found.add(series_of(path))
        except ValueError:
            continue
    return sorted(found)


def sealed(root: Path, series: Series) -> list[Manifest]:
    """The manifests of a series' months, oldest first, of those whose file is there and of the size they say.

    What of it may be read, and whether it is what the table holds now, the database says (shared.candles.months).
    """
    manifests = []
    for path in month_files(root, series):
        try:
            manifest = read_manifest(path)
            agrees = manifest.bytes == path.stat().st_size and path == month_file(root, manifest.series, manifest.part)
        except (RepairError, OSError, ValueError):
            continue
        if agrees:
            manifests.append(manifest)
    return manifests


def month_files(root: Path, series: Series) -> Iterator[Path]:
    """The files of a series' months, oldest first."""
    for path in sorted(series_directory(root, series).glob("*.parquet")):
        try:
            month_of(path)
        except ValueError:
            continue
        yield path


def load(
    root: Path,
    series: Series,
    month: Month,
    columns: Sequence[str] = COLUMNS,
    sha256: str = "",
    sealed_since_us: int | None = None,
) -> Arrays:
    """A month's candles, ascending, as columns.

    RepairError if there is no such file, it can't be read, is another month's, or disagrees with its manifest; with
    `sha256` (of the file, as the database has it) also if the manifest is another file's. The manifest left behind by
    a keeper that was killed between its two renames counts for nothing: the file is then held against its own footer.
    With `sealed_since_us` also if it is older: a copy that was put back, and lacks what came since.
    """
    path = month_file(root, series, month)
    rows, footer = read_table(path, columns)
    told = read_contents(path, footer)
    if (told.series, told.part) != (series, month):
        raise RepairError(
            f"{path} is {told.month} of {told.series} by its footer: `chandler archive verify` sorts it out"
        )
    if len(rows[columns[0]]) != told.rows:
        raise RepairError(f"{path} has {len(rows[columns[0]])} rows, its footer says {told.rows}")
    if told.sealed_at_us < (sealed_since_us or 0):
        raise RepairError(
            f"{path} is older than the file that the database knows, and lacks what came since: put the newest copy of"
            " it back, or have its candles fetched anew by `chandler archive verify --repair --refetch`"
        )
    manifest, its_sha256 = _manifest(path), file_digest(path)  # Parquet's own checksums leave out headers and footer
    if manifest is None or contents_of(manifest) != told or manifest.sha256 != its_sha256:
        _hold_against_footer(path, told)
    if sha256 and its_sha256 != sha256:
        raise RepairError(
            f"{path} is not the file that the database knows: it was written by another keeper, or put back"
        )
    return rows


def _manifest(path: Path) -> Manifest | None:
    try:
        return read_manifest(path)
    except RepairError:
        return None


def _hold_against_footer(path: Path, told: Contents) -> None:
    if digest(read_arrays(path)) != told.rows_sha256:
        raise RepairError(f"{path} disagrees with its manifest and does not hold what its footer says either")
