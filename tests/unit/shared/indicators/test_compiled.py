"""Kernels compiled for long columns give the bits of the plain functions, wherever they are compiled."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.indicators import compiled, over
from shared.indicators.catalogue import KERNELS
from tests.unit.shared.indicators.candles import Columns, bits, needs_real_candles, part, real_month

ROOT = Path(__file__).parents[4]


def by(form: bool, columns: Columns, spec: str, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    with monkeypatch.context() as patch:
        patch.setattr("shared.indicators.forms.pays", lambda rows: form and rows > 0)
        return [bits(column).tolist() for column in over(columns, spec)]


@needs_real_candles
@pytest.mark.parametrize("name", sorted(KERNELS))
def test_both_forms_give_the_same_bits_on_real_candles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = part(real_month(), 5_000, 15_000)
    assert by(True, columns, name, monkeypatch) == by(False, columns, name, monkeypatch)


def test_compiling_pays_for_long_columns_only_and_never_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert (compiled.pays(199_999), compiled.pays(200_000)) == (False, True)
    monkeypatch.setattr(compiled, "find_spec", lambda _: None)
    assert not compiled.pays(10**9)
    monkeypatch.setitem(sys.modules, "numba", sys)
    assert (compiled.pays(1_999), compiled.pays(2_000)) == (False, True)


PROGRAM = """
import numpy as np
from shared.indicators.compiled import compiled
out = np.empty(5)
compiled("sma")(np.arange(5.0), 2, np.zeros(4), out)
print(out[1:].tolist())
"""
NOWHERE_TO_WRITE = """
import numba.core.caching
numba.core.caching.CacheImpl._locator_classes = []
"""
MEANS = "[0.5, 1.5, 2.5, 3.5]"


def start(program: str, cache: Path) -> "subprocess.Popen[str]":
    environment = {"PATH": "/usr/bin:/bin", "NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE)


def test_several_processes_may_compile_into_one_directory_at_once(tmp_path: Path) -> None:
    started = [start(PROGRAM, tmp_path) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in started] == [MEANS] * 2
    assert list(tmp_path.rglob("*.nbc"))


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    assert start(NOWHERE_TO_WRITE + PROGRAM, tmp_path).communicate()[0].strip() == MEANS
    assert not list(tmp_path.iterdir())
