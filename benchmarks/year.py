"""The real 2021 through the simulator into `ohlcv_data`, undisturbed and with three `kill -9`: exact, or it fails."""

import random
import subprocess
import sys
import time

from benchmarks.backfill import CONFIG
from benchmarks.processes import REAL_CANDLES, ROOT, Place, place, simulator
from benchmarks.report import Result

FILE = REAL_CANDLES / "binance_BTC-USDT_1m_2021.parquet"
COMPARE = """
import sys
import numpy as np, pyarrow.parquet as pq
from shared.database.sqlite import library
names = ["timestamp", "open", "high", "low", "close", "volume"]
file = pq.read_table(sys.argv[1])
query = f"SELECT {', '.join(names)} FROM ohlcv_data ORDER BY timestamp"
rows = library().connect(sys.argv[2]).execute(query).fetchall()
ours = dict(zip(names, zip(*rows)))
equal = len(rows) == file.num_rows and all(
    np.array_equal(np.array(ours[n]), file[n].to_numpy()) for n in names
)
print(len(rows) if equal else f"DIFFERENT: {len(rows)} rows, the file has {file.num_rows}")
"""


def run() -> list[Result]:
    """Rows and equality with the file, after a clean run and after three kills at random moments."""
    if not FILE.is_file():
        return [Result("the real 2021", "skipped: the file is not at hand")]
    with simulator("--replay", str(FILE)) as url:
        config = CONFIG.format(url=url, start="2021-01-01", end="2022-01-01")
        return [fetched(config, kills=0), fetched(config, kills=3)]


def fetched(config: str, kills: int) -> Result:
    """Fetch the year, killed so often on the way, and hold it against the file."""
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    with place(config) as here:
        for _ in range(kills):
            child = here.start("backfiller", "-m", "backfiller", "--once")
            time.sleep(moments.uniform(1.5, 4))
            child.process.kill()
            child.process.wait()
        child = here.start("backfiller", "-m", "backfiller", "--once")
        if child.process.wait(300):
            raise SystemExit(f"the backfiller failed:\n{child.tail()}")
        found = compare(here)
    what = f"2021 replayed, {kills} x kill -9 (seed {seed})" if kills else "2021 replayed"
    return Result(what, f"{found} rows, every value equal", goal="524607 equal", met=found == "524607")


def compare(here: Place) -> str:
    """How many rows there are, if all are as in the file."""
    command = [sys.executable, "-c", COMPARE, str(FILE), str(here.database)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
