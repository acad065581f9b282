"""Every double comes back to the bit, whatever it is."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.archive.encoding import COLUMNS, PRICES, Arrays, digest, read_arrays, read_scales, scale_of, write_table
from shared.errors import RepairError

#: Of every kind: cents, satoshis, powers, the largest and smallest there are, both zeros.
DOUBLES = st.one_of(
    st.integers(0, 10**9).map(lambda cents: cents / 100),
    st.integers(0, 10**15).map(lambda satoshis: satoshis / 10**8),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2.0**53, 2.0**53 + 2, 1e-8, 1 / 3]),
)


def arrays(rows: list[tuple[float, ...]]) -> Arrays:
    columns = np.array(rows, np.float64).reshape(-1, 5).T
    times = np.arange(len(rows), dtype=np.int64) * 60_000 + 1_700_000_000_000
    return {
        "timestamp": times,
        **{name: np.ascontiguousarray(each) for name, each in zip(PRICES, columns, strict=True)},
    }


def same(one: Arrays, other: Arrays) -> bool:
    return all(np.array_equal(one[name].view(np.int64), other[name].view(np.int64)) for name in COLUMNS)


@settings(max_examples=200)
@given(st.lists(st.tuples(*[DOUBLES] * 5), max_size=40))
def test_any_doubles_come_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, ...]]
) -> None:
    path = tmp_path_factory.mktemp("month") / "2024-01.parquet"
    written = arrays(rows)
    write_table(path, written, {"told": "so"})
    assert same(read_arrays(path), written)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1.0, 20_000.0], 0),
        ([19_999.99, 0.01], 2),
        ([0.00000842], 8),
        ([], 0),
        ([-0.0], None),
        ([1 / 3], None),
        ([1e-300], None),
        ([1e300], None),
        ([90_071_992_547_409.93], None),
        ([float("nan")], None),
        ([float("inf")], None),
    ],
)
def test_a_column_is_packed_only_if_so_many_decimals_give_back_all_of_it(
    values: list[float], scale: int | None
) -> None:
    assert scale_of(np.array(values, np.float64)) == scale


def test_one_odd_value_far_down_keeps_the_whole_column_as_doubles(tmp_path: Path) -> None:
    rows = arrays([(100.25, 100.5, 100.0, 100.25, 3.5)] * 1_000)
    rows["volume"][900] = 1 / 3
    assert write_table(tmp_path / "x.parquet", rows, {}) == {"open": 2, "high": 1, "low": 0, "close": 2, "volume": None}
    assert read_scales(tmp_path / "x.parquet")["volume"] is None
    assert same(read_arrays(tmp_path / "x.parquet"), rows)


def test_months_of_more_rows_than_a_group_come_back_whole(tmp_path: Path) -> None:
    rows = arrays([(1.5, 2.5, 0.5, 1.5, 7.0)] * 250_001)
    write_table(tmp_path / "x.parquet", rows, {})
    assert same(read_arrays(tmp_path / "x.parquet"), rows)


def test_the_digest_tells_any_two_months_apart() -> None:
    one, other = arrays([(1.0, 2.0, 0.5, 1.5, 0.0)]), arrays([(1.0, 2.0, 0.5, 1.5, -0.0)])
    assert len({digest(each) for each in (one, other, arrays([]), arrays([(1.0, 2.0, 0.5, 1.5, 0.0)] * 2))}) == 4


def test_each_cut_of_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_table(path, arrays([(1.25, 2.0, 0.5, 1.5, 3.0)] * 50), {})
    data = path.read_bytes()
    for length, _ in pairwise(range(0, len(data), 37)):
        path.write_bytes(data[:length])
        with pytest.raises(RepairError, match=r"x\.parquet can't be read"):
            read_arrays(path)


def test_writing_and_reading_a_month_loads_no_pandas(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np; from pathlib import Path; from shared.archive.encoding import *;"
        "rows = {'timestamp': np.arange(5), **{name: np.ones(5) / (3 if name == 'volume' else 2) for name in PRICES}};"
        "path = Path(sys.argv[1]); write_table(path, rows, {}); read_arrays(path); print('pandas' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "x.parquet")]
    done = subprocess.run(command, cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
