"""The store's figures: `chandler bench store`, beside the other benchmarks. `python -m benchmarks.store [SCALE]`."""

import sys
import tempfile
from pathlib import Path

from benchmarks.report import Result, show
from console.bench.store import measure


def run(scale: float = 1.0) -> list[Result]:
    """At 1: ten million balances, a million trades; needs 6 GB of disk for a while."""
    found = measure(Path(tempfile.gettempdir()), scale, lambda _: None)
    return [Result(each.what, each.measured, each.beside, each.goal, each.met) for each in found]


if __name__ == "__main__":
    show("store", run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
