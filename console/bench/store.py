"""The store's figures, each beside its goal: a store of ten million balances, its readers, writers, backup and restore.

Which goals, and why the load is as it is: docs/decisions/0029-store-speed.md.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random

from console.bench.build import ASSETS, MARKETS, STRATEGIES, Size, build, size
from console.bench.figures import Figure, rate, times
from console.bench.load import WRITERS, load
from shared import ledger
from shared.clock import now_us
from shared.database import Database, open_database
from shared.database.sqlite import library
from shared.errors import StopError
from shared.portfolio import PortfolioReader
from shared.trading import BalanceChange

Tell = Callable[[str], None]

LOOKS, BATCH, BATCHES = 2_000, 100_000, 3
#: A reader looks a hundred times a second, each time at so many balances, and at the portfolio.
_PAUSE_SECONDS, _AT_ONCE = 0.01, 5
#: What two hundred strategies on candles of a second would write if each traded on every candle; and for how long.
_A_SECOND, _SECONDS = 200, 20
_LATEST = (
    "SELECT total, held FROM balance_history WHERE balance_id ="
    " (SELECT max(balance_id) FROM balance_history WHERE strategy_id = ? AND asset = ?)"
)
_INSERT = (
    "INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, change_percent, source,"
    " reason, recorded_at_us, stamp_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT at_us FROM change_clock))"
)


def measure(beside: Path, scale: float, tell: Tell) -> Iterator[Figure]:
    """Build a store in a directory of its own in `beside`, which is removed at the end, and measure it.

    StopError if there is no room for it, its backup and what is restored from that.
    """
    wanted = size(scale)
    _require_room(beside, wanted)
    with tempfile.TemporaryDirectory(prefix="chandler-bench-", dir=beside) as directory:
        path = build(Path(directory), wanted, tell)
        with closing(open_database(f"sqlite:///{path}", "full")) as database:
            yield from _looks(database, path, wanted, tell)
            yield from _under_load(database, path, wanted, tell)
            yield _batches(database, path, tell)
        yield from _copies(path, Path(directory), tell)


def _require_room(beside: Path, wanted: Size) -> None:
    needed, free = 4 * wanted.bytes, shutil.disk_usage(beside).free
    if free < needed:
        raise StopError(
            f"{beside} has {free / 1e9:.1f} GB free, the benchmark needs {needed / 1e9:.1f}: free some, name"
            " another directory with --dir, or measure less with --scale"
        )


def _looks(database: Database, path: Path, wanted: Size, tell: Tell) -> Iterator[Figure]:
    """Readers with nobody else at work."""
    tell("measuring: reading, alone")
    choose = Random(1)  # noqa: S311 - the same ones each time
    who = [_someone(choose) for _ in range(LOOKS)]
    with closing(library().connect(path, isolation_level=None)) as driver:
        bare = [_ms(lambda: driver.execute(_LATEST, each).fetchone()) for each in who]  # noqa: B023
    ours = [_ms(lambda: ledger.peek_balance(database, *each)) for each in who]  # noqa: B023
    yield times(f"latest balance of {wanted.balances:,}, alone", ours, bare)
    cold = [_ms(lambda: PortfolioReader(database).now()) for _ in range(5)]
    reader = PortfolioReader(database)
    reader.now()
    yield times(
        f"portfolio of {STRATEGIES:,} positions in {MARKETS} markets, nothing changed",
        [_ms(reader.now) for _ in range(LOOKS)],
        cold,
    )


def _under_load(database: Database, path: Path, wanted: Size, tell: Tell) -> Iterator[Figure]:
    """Readers and writers beside a backfill: writers that pause as a busy desk's do, then such that never do."""
    tell(f"measuring: {WRITERS} processes that update {_A_SECOND} positions a second together, beside a backfill")
    paced = min(wanted.updates, _SECONDS * _A_SECOND)
    yield from _beside(database, path, paced, 1_000 * WRITERS // _A_SECOND, f"{_A_SECOND} updates a second")
    tell(f"measuring: {wanted.updates:,} updates of positions, as fast as they can")
    yield from _beside(database, path, wanted.updates, 0, f"{WRITERS} writers flat out")


def _beside(database: Database, path: Path, updates: int, pause_ms: int, whom: str) -> Iterator[Figure]:
    choose, reader = Random(2), PortfolioReader(database)  # noqa: S311
    reader.now()
    latest, summaries = list[float](), list[float]()
    with load(path, updates, pause_ms) as writers:
        while writers.are_at_it():
            for each in [_someone(choose) for _ in range(_AT_ONCE)]:
                latest.append(_ms(lambda: ledger.peek_balance(database, *each)))  # noqa: B023
            summaries.append(_ms(reader.now))
            time.sleep(_PAUSE_SECONDS)
        ours = writers.updates()
    with load(path, max(WRITERS, updates // 10), pause_ms, bare=True) as writers:
        bare = writers.updates()
    yield times(f"latest balance, beside {whom}", latest, p50=0.1, p99=1)
    yield times(f"portfolio, beside {whom}", summaries, p99=2)
    yield times(f"position updated and committed, {whom}", ours.took_ms, bare.took_ms, ours.errors, p99=10, max=100)


def _batches(database: Database, path: Path, tell: Tell) -> Figure:
    tell("measuring: balances in batches")
    cent = Decimal("0.01")
    changes = [BalanceChange("s0", "bench", "A1", n * cent, cent, cent, "paper", f"row {n}", n) for n in range(BATCH)]
    rows = [
        ("s0", "bench", "A1", f"{n}.01", f"{n}", "0.01", "0.01", "0.5", "paper", f"row {n}", n) for n in range(BATCH)
    ]

    def ours() -> None:
        with database.write() as connection:
            ledger.record_balances(connection, changes)

    def bare() -> None:
        driver.execute("BEGIN IMMEDIATE")
        driver.executemany(_INSERT, rows)
        driver.execute("COMMIT")

    with closing(library().connect(path, isolation_level=None, timeout=10)) as driver:
        floor = BATCH * 1_000 / min(_ms(bare) for _ in range(BATCHES))
        best = BATCH * 1_000 / sorted(_ms(ours) for _ in range(BATCHES))[BATCHES // 2]
    return rate(f"balances entered, {BATCH:,} at once", best, "rows/s", 100_000, f"{floor:,.0f} rows/s")


def _copies(path: Path, directory: Path, tell: Tell) -> Iterator[Figure]:
    """A full backup, and what is restored from it."""
    from shared.backup.full import take_full  # noqa: PLC0415 - needs zstandard
    from shared.backup.restore import checked, restore  # noqa: PLC0415

    root, archive, restored = directory / "backups", directory / "archive", directory / "restored.db"
    root.mkdir()
    megabytes = path.stat().st_size / 1e6
    tell(f"measuring: a full backup of {megabytes:,.0f} MB")
    took = _ms(lambda: take_full(path, root, archive, now_us())) / 1_000
    yield rate(f"full backup of {megabytes:,.0f} MB, digests included", megabytes / took, "MB/s", 100)
    tell("measuring: restoring it")
    seconds = _ms(lambda: restore(root, None, restored, now_us(), check=False)) / megabytes
    yield Figure("restored, for each GB", f"{seconds:.1f} s", {"s_per_GB": seconds}, "< 10 s", seconds < 10)
    seconds = _ms(lambda: checked(restored)) / megabytes
    yield Figure("its pages, references and books checked, for each GB", f"{seconds:.1f} s", {"s_per_GB": seconds})


def _someone(choose: Random) -> tuple[str, str]:
    asset = choose.randrange(ASSETS)
    return f"s{choose.randrange(STRATEGIES)}", f"A{asset}" if asset else "USDT"


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000
