"""Rows in a file and back, to the last bit; and whatever happens to the file is noticed."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import RepairError
from shared.models import balance_history
from shared.tiers.files import digest, read_contents, read_rows, write_rows
from shared.trading import plain

COLUMNS = tuple(column.name for column in balance_history.columns)
MONEY = st.decimals(allow_nan=False, allow_infinity=False, places=18).map(plain)
ROW = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    *[st.text(st.characters(exclude_categories=["Cs"]), max_size=20) for _ in range(3)],
    *[MONEY for _ in range(4)],
    *[st.text(st.characters(exclude_categories=["Cs"]), max_size=20) for _ in range(2)],
    st.integers(0, 2**62),
    st.none() | MONEY,
    st.none() | st.integers(0, 2**62),
)


def some(count: int) -> list[tuple[Any, ...]]:
    fixed = ("one", "binance", "USDT", "1.5", "1.5", "0", "0.1", "paper", "trade")
    return [(number, *fixed, 1_000 + number, None, number) for number in range(count)]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=30), st.sampled_from([3, 19]))
def test_rows_come_back_as_they_were(rows: list[tuple[Any, ...]], level: int) -> None:
    with TemporaryDirectory() as place:
        path = Path(place) / "rows.parquet"
        contents = write_rows(path, balance_history, [rows], level)
        found = [row for batch in read_rows(path, COLUMNS) for row in batch]
        assert found == rows
        assert [type(value) for row in found for value in row] == [type(value) for row in rows for value in row]
        assert digest([found]) == (contents.rows, contents.rows_sha256)
        assert read_contents(path) == contents


def test_a_part_of_the_rows_is_read_by_time_and_by_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_rows(path, balance_history, [some(50_000)], 3)
    chosen = read_rows(path, ("balance_id",), between=("recorded_at_us", 41_000, 41_003), among={"asset": ["USDT"]})
    assert [row for batch in chosen for row in batch] == [(40_000,), (40_001,), (40_002,)]
    assert list(read_rows(path, ("balance_id",), among={"asset": ["BTC"]})) == []


def test_any_flipped_bit_and_any_missing_byte_is_noticed(tmp_path: Path) -> None:
    from shared.archive.manifest import file_digest
    from shared.tiers.catalogue import TierFile
    from shared.tiers.pack import prove

    path = tmp_path / "rows.parquet"
    write_rows(path, balance_history, [some(40)], 3)
    whole = path.read_bytes()
    file = TierFile(path.name, "balance_history", "warm", 40, 0, 39, 0, 1, len(whole), file_digest(path), 0)
    prove(tmp_path, file)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.raises(RepairError, match="is damaged"):
            prove(tmp_path, file)
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(RepairError, match="is damaged"):
            prove(tmp_path, file)


def test_a_file_that_is_none_of_ours_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(RepairError, match=r"rows.parquet can't be read: .*`chandler tiers verify` says more"):
        list(read_rows(path, COLUMNS))


def test_money_is_kept_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    exact = "12345.678901234567890123456789"
    (row,) = some(1)
    write_rows(path, balance_history, [[(*row[:4], exact, *row[5:])]], 3)
    ((found,),) = read_rows(path, ("total",))
    assert Decimal(found[0]) == Decimal(exact)
