"""What a paper trader with a `ta` strategy weighs, after it has decided on candles for a while."""

import time
from pathlib import Path

from benchmarks.processes import place, simulator
from benchmarks.report import Result
from benchmarks.signal_latency import CONFIG, SECTION
from console.demo.children import stop_all

SECONDS = 20


def run() -> list[Result]:
    """Resident memory now and at its highest, in MB, as Linux counts it."""
    with simulator() as url:
        config = CONFIG.format(url=url) + SECTION.format(name="s0", symbol="BTC/USDT")
        with place(config) as here:
            children = [here.start("backfiller", "-m", "backfiller"), here.start("trader", "-m", "trader")]
            try:
                time.sleep(SECONDS)
                backfiller, trader = (memory(child.process.pid) for child in children)
            finally:
                stop_all(children)
    return [
        Result("paper trader, `ta` in use, highest", f"{trader:.0f} MB", goal="< 180 MB", met=trader < 180),
        Result("backfiller, highest", f"{backfiller:.0f} MB"),
    ]


def memory(pid: int) -> float:
    """VmHWM of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
