"""Trader processes on one database: leases shared out, handed over, and books that survive `kill -9`."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import StrategySettings
from shared.models import trades
from shared.trading import Fill, Position, Side, after_fill
from tests.integration.trader.desk import Desk, open_desk

ROOT = Path(__file__).parents[3]

#: How often the trader is killed; `make soak` asks for the long form.
LIVES = 50 if os.environ.get("CHANDLER_SOAK") else 5

FLIP = """
from chandler import Frame, Position, Signal, Strategy, buy, sell

class Flip(Strategy):
    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return sell(reason="flip") if position.is_open else buy("0.5", reason="flip")
"""
SECTION = """
[[strategies]]
id = "{id}"
name = "{name}"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1s"
"""


class Traders:
    """Starts replicas on a desk and lets none of them outlive the test."""

    def __init__(self, desk: Desk, ids: list[str], **environ: str) -> None:
        self.desk = desk
        self.environ = environ
        self.directory = desk.path.parent
        self.started: list[subprocess.Popen[bytes]] = []
        config = "[exchanges.binance]\n" + "".join(SECTION.format(id=name, name="flip") for name in ids)
        (self.directory / "chandler.toml").write_text(config)
        (self.directory / "flip.py").write_text(FLIP)

    def start(self, **environ: str) -> subprocess.Popen[bytes]:
        settings = {
            "CHANDLER_CONFIG": str(self.directory / "chandler.toml"),
            "CHANDLER_PATHS__DATA": str(self.directory),
            "CHANDLER_PATHS__STRATEGIES": str(self.directory),
            "CHANDLER_HEALTH_FILE": str(self.directory / f"health-{len(self.started)}.json"),
            "CHANDLER_TRADER__LEASE_SECONDS": "2",
            "CHANDLER_TRADER__POLL_MS": "10",
            "CHANDLER_TRADER__STALE_SECONDS": "1e10",
        }
        log = (self.directory / f"trader-{len(self.started)}.log").open("wb")
        command = [sys.executable, "-m", "trader"]
        environment = {**os.environ, **settings, **self.environ, **environ}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        log.close()
        self.started.append(process)
        return process

    def owners(self) -> dict[str, str | None]:
        """Who holds each strategy's lease, by the log of the process: its owner id, None if nobody."""
        return dict(self.desk.rows("SELECT strategy_id, owner FROM leases"))  # type: ignore[arg-type]

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


def wait_until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def traders(desk: Desk) -> Iterator[Traders]:
    started = Traders(desk, ["one", "two"])
    yield started
    started.end()


def test_replicas_started_together_take_distinct_strategies(traders: Traders) -> None:
    traders.start()
    traders.start()
    wait_until(
        lambda: len({owner for owner in traders.owners().values() if owner}) == 2, "two owners of two strategies"
    )


def test_a_clean_stop_gives_the_lease_back_at_once(traders: Traders) -> None:
    pinned = traders.start(STRATEGY_ID="one")
    wait_until(lambda: traders.owners().get("one") is not None, "the pinned strategy is held")
    pinned.send_signal(signal.SIGTERM)
    assert pinned.wait(60) == 0
    assert traders.owners() == {"one": None}


def test_a_busy_replica_takes_over_the_strategy_of_a_killed_one(traders: Traders) -> None:
    first, second = traders.start(), traders.start()
    wait_until(lambda: len({o for o in traders.owners().values() if o}) == 2, "two owners of two strategies")
    first.kill()
    first.wait()
    wait_until(lambda: len(set(traders.owners().values())) == 1, "one owner of both strategies")
    assert None not in traders.owners().values()
    assert second.poll() is None


def test_a_broken_strategy_halts_alone_with_its_traceback_in_the_status(traders: Traders, desk: Desk) -> None:
    (traders.directory / "broken.py").write_text(FLIP.replace('sell(reason="flip") if', "1 / 0 if True or"))
    config = traders.directory / "chandler.toml"
    config.write_text(config.read_text().replace('id = "two"\nname = "flip"', 'id = "two"\nname = "broken"'))
    desk.close_candles([1_000])
    desk.tick("100.00", "100.02")
    process = traders.start()
    wait_until(lambda: status(desk, "two")[0] == "halted", "the broken strategy is halted")
    assert "ZeroDivisionError" in status(desk, "two")[1]
    wait_until(lambda: desk.rows("SELECT strategy_id FROM signals") == [("one",)], "the other one decides")
    assert status(desk, "one") == ("active", "")
    assert process.poll() is None


@pytest.mark.timeout(60 * LIVES)
def test_books_survive_kill_dash_nine_at_random_moments(traders: Traders, desk: Desk) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    candles = iter(range(1_000, 10_000_000, 1_000))
    trader, candle = traders.start(STRATEGY_ID="one"), 0
    for life in range(1, LIVES + 1):
        wait_until(lambda turn=life: token(desk) == turn, "the new process holds the lease")  # type: ignore[misc]
        extra = moments.randint(1, 5)
        while extra:
            desk.close_candles([candle := next(candles)])
            desk.tick("100.00", "100.02")
            time.sleep(moments.uniform(0, 0.05))  # the pace of the market, not a wait for a result
            extra -= desk.rows(f"SELECT count(*) >= {5 * life} FROM trades") == [(1,)]
        trader.kill()
        trader.wait()
        trader = traders.start(STRATEGY_ID="one")
    wait_until(lambda: desk.rows("SELECT candle FROM strategy_cursors") == [(candle,)], "every candle is decided")
    wait_until(lambda: settled(desk), "every order is filled")
    wait_until(lambda: token(desk) == LIVES + 1, "the last process holds the lease")
    trader.send_signal(signal.SIGTERM)
    assert trader.wait(60) == 0
    assert_books_add_up(desk)


def token(desk: Desk) -> object:
    return desk.rows("SELECT token FROM leases WHERE strategy_id = 'one'")[0][0]


def settled(desk: Desk) -> bool:
    desk.tick("100.00", "100.02")
    return desk.rows("SELECT count(*) FROM orders WHERE status <> 'filled'") == [(0,)]


def assert_books_add_up(desk: Desk) -> None:
    """Each order has one trade, and the books are what the trades make of the deposit."""
    assert desk.rows("SELECT count(*) FROM trades")[0][0] >= 5 * LIVES  # type: ignore[operator]
    assert desk.rows("SELECT count(*) FROM orders LEFT JOIN trades USING (client_order_id) WHERE trade_id IS NULL") == [
        (0,)
    ]
    assert desk.rows("SELECT client_order_id FROM trades GROUP BY client_order_id HAVING count(*) > 1") == []
    position, cash = Position(), D(10_000)
    with desk.database.read() as connection:
        for row in connection.execute(trades.select().order_by(trades.c.executed_at_us)):
            fill = Fill(
                row.trade_id,
                Side(row.side),
                row.amount,
                row.price,
                row.fee,
                row.fee_asset,
                row.executed_at_us,
                base="BTC",
                quote="USDT",
            )
            position, cash = after_fill(position, fill), cash + fill.cash_change
        books = ledger.books(connection, "one", "binance", "BTC/USDT")
    assert books.position == position
    assert books.cash == cash


def status(desk: Desk, strategy_id: str) -> tuple[str, str]:
    found = desk.rows(f"SELECT state, reason FROM trading_states WHERE scope = '{strategy_id}'")
    return found[0] if found else ("active", "")  # type: ignore[return-value]


def test_a_known_strategy_may_not_move_to_another_market(desk: Desk) -> None:
    moved = StrategySettings.model_validate({**desk.settings.model_dump(), "symbol": "ETH/USDT"})
    with desk.database.write() as connection, pytest.raises(Exception, match="give the new one an id of its own"):
        ledger.register(connection, moved, now_us(), boot_us(), boot_id())


def test_an_unknown_pin_is_said_with_the_known_ids(traders: Traders) -> None:
    process = traders.start(STRATEGY_ID="three")
    assert process.wait(60) == 1
    said = (traders.directory / "trader-0.log").read_text()
    assert said == "trader: STRATEGY_ID=three is not configured; there are one, two\n"
