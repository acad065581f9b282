"""Several processes with one book: told the same at once, or killed in the middle, the books add up."""

import os
import signal
import subprocess
import sys
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import ledger
from shared.database import Database
from shared.store import Store

ROOT = Path(__file__).parents[4]
_TELL = """
import sys
from shared.store import Store
with Store.open(sys.argv[1]) as store:
    book = store.book("mine", exchange="binance", symbol="BTC/USDT", cash=1000)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[2])):
        book.trade("buy" if number % 3 else "sell", 1, 100 + number, trade_id=f"t{number}", at_us=10**15 + number)
        print(number, flush=True)
"""


def started(database_file: Path, trades: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _TELL, str(database_file), str(trades)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def expect(database: Database, database_file: Path, trades: int) -> None:
    with Store.open(database_file) as store:
        book = store.book("mine")
        ids = {trade.trade_id for trade in book.trades(1000)}
        amount = sum(1 if number % 3 else -1 for number in range(trades))
        assert (len(ids), book.position().amount) == (trades, D(amount))
    with database.read() as connection:
        assert ledger.verify(connection) == []


def test_two_that_tell_the_same_trades_at_once_book_each_once(database: Database, database_file: Path) -> None:
    both = [started(database_file, 40) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        go(process)
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode == 0
    expect(database, database_file, 40)


@pytest.mark.parametrize("killed_after", [1, 7, 20])
def test_one_that_is_killed_and_started_again_loses_and_doubles_nothing(
    database: Database, database_file: Path, killed_after: int
) -> None:
    first = started(database_file, 30)
    assert first.stdout is not None
    go(first)
    while first.stdout.readline() != f"{killed_after}\n":
        pass
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    again = started(database_file, 30)
    go(again)
    again.communicate(timeout=120)
    assert again.returncode == 0
    expect(database, database_file, 30)
