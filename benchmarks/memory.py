"""What paper traders weigh after they have decided for a while: one with a shipped strategy, one with `ta`."""

import time
from pathlib import Path

from benchmarks.processes import place, simulator
from benchmarks.report import Result
from benchmarks.signal_latency import CONFIG, SECTION
from console.demo.children import stop_all

SECONDS = 20


def run() -> list[Result]:
    """Resident memory at its highest, in MB, as Linux counts it."""
    with simulator() as url:
        shipped = SECTION.format(name="shipped", symbol="ETH/USDT").replace("every_candle", "rsi_reversion")
        config = CONFIG.format(url=url) + SECTION.format(name="with-ta", symbol="BTC/USDT") + shipped
        with place(config) as here:
            children = [here.start("backfiller", "-m", "backfiller")]
            children += [here.start(name, "-m", "trader", STRATEGY_ID=name) for name in ("shipped", "with-ta")]
            try:
                time.sleep(SECONDS)
                backfiller, light, heavy = (memory(child.process.pid) for child in children)
            finally:
                stop_all(children)
    return [
        Result("paper trader, shipped strategy, highest", f"{light:.0f} MB", goal="< 90 MB", met=light < 90),
        Result("paper trader, `ta` in use, highest", f"{heavy:.0f} MB", goal="< 180 MB", met=heavy < 180),
        Result("backfiller, highest", f"{backfiller:.0f} MB"),
    ]


def memory(pid: int) -> float:
    """VmHWM of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
