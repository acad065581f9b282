"""How much of the rate that an exchange allows is used, with the limiter on, and how memory stands meanwhile.

The exchange counts, not we: the simulator's access log, in whole minutes.
"""

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median
from urllib.request import urlopen

from benchmarks.memory import memory
from benchmarks.processes import place, simulator
from benchmarks.report import Result, spread

WEIGHT_A_MINUTE, WEIGHT_OF_A_PAGE = 6_000, 2
DAYS = 110
CONFIG = """
[exchanges.binance]
url = "{url}"

[[series]]
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1s"
start = "{start}"
end = "{end}"
"""


def run() -> list[Result]:
    """Request weight by whole minutes, after the first and before the last, and what was refused."""
    end = datetime.now(UTC).date()
    with simulator(
        "--weight-limit", str(WEIGHT_A_MINUTE), "--days", str(DAYS + 1), "--seconds-days", str(DAYS + 1)
    ) as url:
        config = CONFIG.format(url=url, start=end - timedelta(DAYS), end=end)
        with place(config) as here:
            child = here.start("backfiller", "-m", "backfiller", "--once")
            heights = list[float]()
            while child.process.poll() is None:
                heights.append(memory(child.process.pid))
                time.sleep(1)
            if child.process.returncode:
                raise SystemExit(f"the backfiller failed:\n{child.tail()}")
        with urlopen(f"{url}/control/log?since=0") as answer:  # noqa: S310 - our own simulator
            entries = json.load(answer)
    pages = [entry for entry in entries if entry["path"].endswith("/klines")]
    refused = sum(entry["status"] in (418, 429) for entry in entries)
    minutes = Counter(entry["at_ms"] // 60_000 for entry in pages)
    whole = [minutes[minute] * WEIGHT_OF_A_PAGE for minute in sorted(minutes)[1:-1]]
    shares = [100 * weight / WEIGHT_A_MINUTE for weight in whole]
    return [
        Result(
            f"share of the allowed weight, {len(whole)} whole minutes",
            spread(shares, "%", 1),
            "",
            ">= 95 %",
            median(shares) >= 95,
        ),
        Result(f"requests refused, of {len(entries)}", str(refused), "", "0", refused == 0),
        Result(
            f"memory after {len(pages):,} pages, highest", f"{heights[-1]:.0f} MB", "", "< 200 MB", heights[-1] < 200
        ),
        Result("the same, a quarter of the way", f"{heights[len(heights) // 4]:.0f} MB"),
    ]
