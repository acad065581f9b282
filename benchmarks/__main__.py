"""`python -m benchmarks [NAME ...]`: run the benchmarks and print what they found, each beside its floor or peer."""

import argparse
import os
import platform
from collections.abc import Callable

from benchmarks import (
    backfill,
    backtest,
    backtrader_feed,
    backup,
    balances,
    change_log,
    commits,
    coverage,
    encodings,
    fleet,
    history,
    indicators,
    insert,
    journal,
    limited,
    live,
    memory,
    portfolio,
    replicate,
    restore,
    signal_latency,
    simulator,
    store,
    tiers,
    watch,
    year,
)
from benchmarks.report import Result, show

BENCHMARKS: dict[str, Callable[[], list[Result]]] = {
    "insert": insert.run,
    "simulator": simulator.run,
    "backfill": backfill.run,
    "year": year.run,
    "tiers": tiers.run,
    "commits": commits.run,
    "balances": balances.run,
    "changes": change_log.run,
    "coverage": coverage.run,
    "encodings": encodings.run,
    "history": history.run,
    "limited": limited.run,
    "store": store.run,
    "signal": signal_latency.run,
    "memory": memory.run,
    "journal": journal.run,
    "live": live.run,
    "fleet": fleet.run,
    "portfolio": portfolio.run,
    "backtest": backtest.run,
    "backtrader": backtrader_feed.run,
    "indicators": indicators.run,
    "backup": backup.run,
    "replicate": replicate.run,
    "watch": watch.run,
    "restore": restore.run,
}


def main() -> None:
    """Run all, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, beside the floor or the peer.")
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(BENCHMARKS)}; all if none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}")
    for name in names:
        show(name, BENCHMARKS[name]())


if __name__ == "__main__":
    main()
