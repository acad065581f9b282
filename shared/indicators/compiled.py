"""The one module that speaks numba: kernels compiled for long columns, to the same bits as the plain functions.

Compiled code is kept where numba keeps it: in NUMBA_CACHE_DIR if that is set, else beside the source, else in the
user's cache directory. Where none of them can be written it is compiled anew in each process (0.2 to 0.5 s a kernel).
"""

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from shared.indicators.catalogue import KERNELS

#: So many rows repay importing numba (0.5 s, 98 MB), and so many a call to what it compiled.
_REPAYS_IMPORT, _REPAYS_CALL = 200_000, 2_000


def pays(rows: int) -> bool:
    """Whether columns of so many rows are better computed by compiled kernels; never where numba is not installed."""
    if "numba" in sys.modules:
        return rows >= _REPAYS_CALL
    return rows >= _REPAYS_IMPORT and find_spec("numba") is not None


@cache
def compiled(name: str) -> Callable[..., None]:
    """The kernel of this name, for contiguous arrays of doubles; its inputs may be read-only."""
    import numba as nb  # noqa: PLC0415 - heavy, and only for those who compute long columns

    kernel = KERNELS[name]
    column = nb.types.Array(nb.float64, 1, "C", readonly=True)
    numbers = [nb.int64 if isinstance(default, int) else nb.float64 for default in kernel.parameters.values()]
    mutable = nb.float64[::1]
    signature = nb.void(*[column] * len(kernel.inputs), *numbers, mutable, *[mutable] * len(kernel.outputs))
    # No fastmath, no parallel: the order of operations is the source's. Kernels guard their divisions themselves.
    try:
        function = nb.njit(signature, cache=True, error_model="numpy")(kernel.run)
    except RuntimeError:  # no directory to keep it in
        function = nb.njit(signature, error_model="numpy")(kernel.run)
    return function
