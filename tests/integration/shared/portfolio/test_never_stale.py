"""What a reader holds in memory is what the database says, whoever wrote to it: another process, or plain SQL."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from schema import migrate
from shared.database import Database, open_database
from shared.database.changes import prune_changes
from shared.database.glance import Glance
from shared.database.sqlite import library
from shared.portfolio import PortfolioReader
from tests.integration.shared.conftest import Start

MARKETS = ("BTC/USDT", "ETH/USDT", "ETH/EUR")
#: Writes what it is told, a transaction a line, and says when it is committed.
WRITE = """
import json, sys
from sqlalchemy import text
from shared.database import open_database

database = open_database(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    with database.write() as connection:
        for sql, values in json.loads(line):
            connection.execute(text(sql), values)
    print("done", flush=True)
"""
STRATEGY = (
    "INSERT INTO strategy_metadata (strategy_id, exchange, symbol, timeframe, strategy_name, config, status, reason,"
    " created_at_us, updated_at_us) VALUES (:id, 'binance', :symbol, '1m', 'x', '{}', 'active', '', 1, 1)"
)
POSITION = (
    "INSERT INTO positions (strategy_id, exchange, symbol, amount, cost, average_price, realized_pnl, fees,"
    " updated_at_us) VALUES (:id, 'binance', :symbol, :amount, '10', '1', :amount, '0.1', 1) ON CONFLICT DO UPDATE"
    " SET amount = excluded.amount, realized_pnl = excluded.realized_pnl"
)
#: With its transaction's stamp, as the ledger enters it: so the change log says nothing of it.
BALANCE = (
    "INSERT INTO balance_history (strategy_id, exchange, asset, total, free, held, change, source, reason,"
    " recorded_at_us, stamp_us) VALUES (:id, 'binance', :asset, :amount, :amount, '0', '0', 'paper', '', 1,"
    " (SELECT at_us FROM change_clock))"
)
TICKER = (
    "INSERT INTO ticker_data (exchange, symbol, timestamp, bid, ask, last, received_at_us)"
    " VALUES ('binance', :symbol, :at, :amount, :amount, :amount, 1)"
)
REWRITTEN = "UPDATE balance_history SET total = :amount WHERE strategy_id = :id"
GONE = "DELETE FROM positions WHERE strategy_id = :id"
Step = tuple[str, dict[str, object]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "trading.db"
    migrate(f"sqlite:///{path}", path)
    return path


@pytest.fixture
def ours(path: Path) -> Iterator[Database]:
    with closing(open_database(f"sqlite:///{path}", readers=3)) as database:
        yield database


class Other:
    """Another process that writes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout
        assert self._out.readline() == "ready\n"

    def write(self, *steps: Step) -> None:
        """One transaction; it is committed when this returns."""
        self._in.write(json.dumps(steps) + "\n")
        self._in.flush()
        assert self._out.readline() == "done\n"


@pytest.fixture
def other(path: Path, start: Start) -> Other:
    return Other(start(WRITE, f"sqlite:///{path}"))


def strategy(name: str, symbol: str = "BTC/USDT") -> Step:
    return STRATEGY, {"id": name, "symbol": symbol}


def is_current(reader: PortfolioReader, database: Database) -> bool:
    """Whether what is held equals what a fresh reader finds."""
    held, found = reader.now(), PortfolioReader(database).now()
    places = list(found.lines)
    return (
        dict(held.holdings) == dict(found.holdings)
        and dict(held.totals) == dict(found.totals)
        and [held.mark_of(place) for place in places] == [found.mark_of(place) for place in places]
    )


@pytest.mark.parametrize("seed", range(4))
def test_after_every_transaction_of_another_process_or_a_stranger_the_sums_are_the_databases(
    ours: Database, other: Other, path: Path, seed: int
) -> None:
    choose, reader, known = Random(seed), PortfolioReader(ours), dict[str, str]()
    stranger = library().connect(path, isolation_level=None, timeout=10)

    def step(at: int) -> Step:
        if not known or choose.random() < 0.15:
            known[f"s{at}"] = choose.choice(MARKETS)
            return STRATEGY, {"id": f"s{at}", "symbol": known[f"s{at}"]}
        name = choose.choice(list(known))
        quote = known[name].partition("/")[2]
        values = {"id": name, "symbol": known[name], "asset": quote, "at": at, "amount": str(choose.randrange(1, 999))}
        return choose.choice((POSITION, POSITION, BALANCE, TICKER, REWRITTEN, GONE)), values

    for at in range(60):
        steps = [step(100 * at + n) for n in range(choose.randrange(1, 4))]
        if choose.random() < 0.3:
            for each in steps:
                stranger.execute(*each)
        else:
            other.write(*steps)
        if choose.random() < 0.2:
            with ours.write() as connection:
                prune_changes(connection, 2**62)
        if choose.random() < 0.7:
            assert is_current(reader, ours)
    assert is_current(reader, ours)
    stranger.close()


def test_a_strategy_that_is_gone_is_no_longer_added_up(ours: Database, other: Other) -> None:
    other.write(strategy("one"), strategy("two"))
    reader = PortfolioReader(ours)
    assert set(reader.now().holdings) == {"one", "two"}
    other.write(("DELETE FROM strategy_metadata WHERE strategy_id = :id", {"id": "one"}))
    assert set(reader.now().holdings) == {"two"}


def test_a_strategy_that_is_to_trade_live_moves_to_the_other_account(ours: Database, other: Other) -> None:
    """Its broker may be changed until it has traded."""
    other.write(strategy("one"), strategy("two"), (BALANCE, {"id": "one", "asset": "USDT", "amount": "700"}))
    reader = PortfolioReader(ours)
    reader.now()
    other.write(("UPDATE strategy_metadata SET broker = 'live' WHERE strategy_id = :id", {"id": "one"}))
    assert {account.broker: sums.cash for account, sums in reader.now().totals.items()} == {
        "paper": Decimal(0),
        "live": Decimal(700),
    }
    assert is_current(reader, ours)


def test_while_nothing_is_committed_nothing_is_read(ours: Database, other: Other) -> None:
    other.write(strategy("one"))
    reader = PortfolioReader(ours)
    reader.now()
    missed = ours.watch.cache_misses
    for _ in range(5):
        reader.now()
    assert (ours.watch.cache_misses, ours.watch.cache_hits) == (missed, 5)
    other.write((POSITION, {"id": "one", "symbol": "BTC/USDT", "amount": "3"}))
    assert reader.now().holdings["one"].position.amount == Decimal(3)
    assert ours.watch.cache_misses == missed + 1


def test_news_is_news_until_it_is_taken_in_on_every_connection_of_the_pool(ours: Database, other: Other) -> None:
    glance = Glance(ours)
    other.write(strategy("one"))
    first = glance.news()
    assert first is not None
    assert glance.news() is not None
    glance.taken_in(first)
    assert glance.news() is None
    with ours.reader.connect() as busy:  # so that the next look is through another connection
        busy.execute(text("SELECT 1")).all()
        second = glance.news()
        assert second is not None
        glance.taken_in(second)
        assert glance.news() is None
    other.write(strategy("two"))
    assert glance.news() is not None


def test_what_is_committed_while_one_reads_is_still_news(ours: Database, other: Other) -> None:
    glance = Glance(ours)
    news = glance.news()
    assert news is not None
    other.write(strategy("one"))
    glance.taken_in(news)
    assert glance.news() is not None
