"""Runs inside a container: `python - SYMBOL TIMEFRAME START END` prints the exchange's candles in [START, END) as JSON.

Asked of the simulator itself, page by page, by the standard library: no code of the services takes part.
"""

import json
import sys
from urllib.request import urlopen

symbol, timeframe, start, end = sys.argv[1].replace("/", ""), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
candles: list[list[float]] = []
while start < end:
    address = f"http://simulator:8901/api/v3/klines?symbol={symbol}&interval={timeframe}&limit=1000"
    with urlopen(f"{address}&startTime={start}&endTime={end - 1}", timeout=10) as answer:  # noqa: S310 - http
        page = json.load(answer)
    if not page:
        break
    candles += [[row[0], *map(float, row[1:6])] for row in page]
    start = page[-1][0] + 1
sys.stdout.write(json.dumps(candles))
