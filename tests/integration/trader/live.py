"""A desk that trades live at a simulated exchange in a process of its own."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from shared import candles, ledger
from shared.clock import now_us
from shared.config import ExchangeSettings, RiskSettings
from shared.market import Ticker
from shared.trading import Kind, Leg, OpenOrder, Order, Side, Signal, client_order_id
from tests.e2e.trading.account import Account
from tests.integration.trader.desk import PATIENT, Desk, open_desk
from trader.live import LiveBroker, reconcile
from trader.running import Running
from trader.tending import tend_orders

DEADLINE = 20.0
PAIR = "BTC/USDT"
ORDERS = "/api/v3/order"


@dataclass(frozen=True)
class Exchange:
    """A running simulator."""

    url: str

    @property
    def account(self) -> Account:
        """What it has on its own books."""
        return Account(self.url)

    def fault(self, **given: Any) -> None:
        """Let something go wrong from now on."""
        self._control("POST", given)

    def clear(self) -> None:
        """Let all go well again."""
        self._control("DELETE", None)

    def requests(self, method: str, path: str) -> int:
        """How many requests of this kind it saw."""
        with urllib.request.urlopen(f"{self.url}/control/log", timeout=10) as answer:  # noqa: S310 - loopback
            entries = json.loads(answer.read())
        return sum(1 for entry in entries if (entry["method"], entry["path"]) == (method, path))

    def _control(self, method: str, body: dict[str, Any] | None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/control/faults", data, method=method)  # noqa: S310 - loopback
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback


@contextmanager
def exchange(*options: str) -> Iterator[Exchange]:
    """A simulator whose account has 10,000 USDT."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--weight-limit", "0", "--symbols", PAIR, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline().decode())
    assert found
    try:
        yield Exchange(found[0])
    finally:
        process.terminate()
        process.communicate(timeout=DEADLINE)


@dataclass
class LiveDesk:
    """One live strategy, its running lease, and the broker that acts for it."""

    desk: Desk
    exchange: Exchange
    settings: ExchangeSettings
    broker: LiveBroker = field(init=False)
    running: Running = field(init=False)
    _candle: int = 1_000

    def __post_init__(self) -> None:
        self.broker = LiveBroker(self.desk.database, "binance", self.settings)
        self.claim("a")

    def claim(self, owner: str, seconds: float = 60) -> None:
        """Whoever has the strategy: from now on it is this owner."""
        self.running = replace(self.desk.running(self.desk.claim(owner, seconds)), broker="live")

    def another(self) -> "LiveDesk":
        """A second process takes over; the first one still has its broker and its old lease."""
        taken = LiveDesk(self.desk, self.exchange, self.settings)
        taken._candle = self._candle
        return taken

    def place(
        self, side: Side = Side.BUY, amount: str = "0.01", limit: D | None = None, leg: Leg | None = None
    ) -> Order:
        """Commit an order intent, as a decision does."""
        self._candle += 1_000
        named: Leg = leg or ("entry" if side is Side.BUY else "exit")
        order = Order(
            client_order_id=client_order_id("one", self._candle, named),
            strategy_id="one",
            candle=self._candle,
            leg=named,
            attempt=1,
            exchange="binance",
            symbol=PAIR,
            side=side,
            amount=D(amount),
            decided_at_us=now_us(),
            kind=Kind.MARKET if limit is None else Kind.LIMIT,
            limit_price=limit,
            broker="live",
        )
        token = self.running.lease.token
        with self.desk.database.write() as connection:
            signal = Signal(side)
            told = {"price": 1.0, "outcome": "ordered", "lease_token": token, "now_us": now_us()}
            ledger.record(connection, "one", self._candle, signal, **told)  # type: ignore[arg-type]
            ledger.place(connection, order, token)
        return order

    def tend(self) -> int:
        """One round of a replica over its open orders."""
        return tend_orders(self.desk.database, self.running, PATIENT, self.broker, RiskSettings(price_band=None))

    def tend_until(self, *statuses: str) -> None:
        """Rounds until the newest order has one of these states."""
        eventually(lambda: self.tend() >= 0 and self.state()[0] in statuses)

    def state(self) -> tuple[str, str, str]:
        """Status, filled amount and reason of the newest order."""
        rows = self.desk.rows("SELECT status, filled, reason FROM orders ORDER BY candle DESC LIMIT 1")
        status, filled, reason = rows[0]
        return str(status), str(filled), str(reason)

    def waiting(self) -> list[OpenOrder]:
        """The ledger's open orders."""
        with self.desk.database.read() as connection:
            return ledger.open_orders(connection, "one")

    def events(self) -> list[str]:
        """The states the newest order went through."""
        query = "SELECT status FROM order_events WHERE client_order_id = (SELECT client_order_id FROM orders ORDER BY candle DESC LIMIT 1) ORDER BY event_id"  # noqa: E501
        return [str(status) for (status,) in self.desk.rows(query)]

    def books_equal_the_account(self) -> bool:
        """To the last digit."""
        with self.desk.database.read() as connection:
            books = ledger.books(connection, "one", "binance", PAIR)
        held = self.exchange.account.balances()
        return (books.cash, books.position.amount) == (held["USDT"], held.get("BTC", D(0)))

    def tick(self) -> Ticker:
        """What the market costs now comes in, as the backfiller would bring it."""
        with urllib.request.urlopen(f"{self.exchange.url}/api/v3/ticker/bookTicker?symbol=BTCUSDT", timeout=10) as got:  # noqa: S310
            raw = json.loads(got.read())
        bid, ask, at = D(raw["bidPrice"]), D(raw["askPrice"]), now_us()
        ticker = Ticker("binance", PAIR, at // 1000, bid, ask, bid, at)
        with self.desk.database.write() as connection:
            candles.save_tickers(connection, [ticker])
        return ticker

    def reconcile(self) -> str | None:
        """What a new owner asks first."""
        return reconcile(self.desk.database, self.running, self.broker)


@contextmanager
def live_desk(directory: Path, at: Exchange, **changes: Any) -> Iterator[LiveDesk]:
    """A fresh ledger in front of a running exchange."""
    given = {"url": at.url, "key": "demo-key", "secret": "demo-secret", "order_seconds": 0.6, "rate_limit": False}
    desk = LiveDesk(open_desk(directory, broker="live"), at, ExchangeSettings.model_validate({**given, **changes}))
    yield desk
    desk.broker.close()
    desk.desk.database.close()


def eventually(question: Callable[[], Any]) -> None:
    """Polls until a question has a truthy answer."""
    deadline = time.monotonic() + DEADLINE
    while not question():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
