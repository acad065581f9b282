"""Several processes make and use the same fast copies while another removes them: each reads what there is."""

from pathlib import Path

from tests.integration.shared.conftest import Start
from tests.integration.shared.history.shelf import MONTHS, SLOTS, shelf

#: Reads all again and again until its stdin ends; says how often, and how often it was not what it should be.
READER = """
import select, sys
from pathlib import Path
from shared.database import open_database
from shared.history import candles
from tests.integration.shared.history.shelf import SERIES, SLOTS, candle, rows

directory = Path(sys.argv[1])
database = open_database(f"sqlite:///{directory / 'trading.db'}")
expected = [candle(time, 0) for time in SLOTS]
read = wrong = 0
print("begun", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    seen = candles(database, directory / "archive", SERIES, 0, 2**60, copies=directory / "copies")
    wrong += rows(seen.arrays()) != expected
    read += 1
print(read, wrong)
"""


def test_copies_are_made_used_and_removed_by_several_processes_at_once(start: Start, migrated_file: Path) -> None:
    with shelf(migrated_file) as one:
        one.store(list(SLOTS))
        for month in MONTHS:
            one.seal(month)
            one.prune(month)
        assert one.place.copies is not None
        readers = [start(READER, str(one.place.archive.parent)) for _ in range(3)]
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "begun\n", reader.communicate()[1]
        removed = 0
        while removed < 60:
            for copy in one.place.copies.rglob("*.arrow"):
                copy.unlink(missing_ok=True)
                removed += 1
        for reader in readers:
            told, errors = reader.communicate("", timeout=60)
            read, wrong = map(int, told.split())
            assert (wrong, reader.returncode) == (0, 0), errors
            assert read > 0
        assert not list(one.place.copies.rglob("*.part"))
