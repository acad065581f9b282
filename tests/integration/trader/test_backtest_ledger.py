"""The backtest's ledger in memory says what the ledger in the database says, order by order."""

from dataclasses import dataclass, replace
from decimal import Decimal as D
from pathlib import Path
from unittest.mock import patch

import pytest

from shared import ledger as stored
from shared.clock import now_us
from shared.trading import OpenOrder, Order, Protection, Report, Side, Signal
from tests.integration.trader.desk import Desk, open_desk
from tests.unit.trader.backtest.example import BTC, MARKET, PLAIN
from tests.unit.trader.backtest.test_always import FROM_BASE, Restless, walk
from trader.backtest import engine
from trader.backtest.ledger import Ledger
from trader.backtest.spec import Backtest
from trader.closing import is_tradable
from trader.situation import Situation


@dataclass
class Shadowed(Ledger):
    """Writes everything into the database as well, as trader.cycle and trader.tending do."""

    desk: Desk | None = None
    compared: int = 0

    def record(self, candle: int, side: Side, reason: str, outcome: str) -> None:
        super().record(candle, side, reason, outcome)

    def place(self, order: Order, signal: Signal | None = None) -> None:
        super().place(order, signal)
        assert self.desk is not None
        with self.desk.database.write_as("one") as connection:
            if signal is not None:
                signal, price = replace(signal, side=order.side), float(order.limit_price or 1)
                stored.record(
                    connection, "one", order.candle, signal, price=price, outcome="", lease_token=1, now_us=now_us()
                )
            stored.place(connection, order, 1)
        self._compare()

    def settle(self, waiting: OpenOrder, report: Report, situation: Situation, now_us: int) -> None:
        assert self.desk is not None
        with self.desk.database.write_as("one") as connection:
            books = stored.settle(connection, waiting, report, 1, now_us)
            if not is_tradable(books.position, self.market):
                stored.unprotect(connection, "one")
            elif waiting.order.is_entry and report.fills:
                stored.protect(connection, waiting.order, 1, now_us)
        super().settle(waiting, report, situation, now_us)
        self._compare()

    def _compare(self) -> None:
        assert self.desk is not None
        with self.desk.database.read() as connection:
            books = stored.books(connection, "one", BTC.exchange, BTC.symbol)
            protection = stored.protection(connection, "one")
            waiting = stored.open_orders(connection, "one")
        assert books == self.books
        assert _levels(protection) == _levels(self.protection)
        known = {(each.order.client_order_id, each.status, each.filled) for each in self.waiting}
        assert {(each.order.client_order_id, each.status, each.filled) for each in waiting} == known
        self.compared += 1


def _levels(protection: Protection | None) -> tuple[D | None, D | None]:
    return (protection.stop_price, protection.take_profit) if protection else (None, None)


@pytest.mark.parametrize("market", [MARKET, FROM_BASE], ids=["fee from quote", "fee from what is received"])
def test_both_ledgers_say_the_same_after_every_order_and_every_fill(tmp_path: Path, market: object) -> None:
    desk = open_desk(tmp_path, timeframe="1m")
    made: list[Shadowed] = []

    def shadowed(*arguments: object) -> Shadowed:
        made.append(Shadowed(*arguments, desk=desk))  # type: ignore[arg-type, misc]
        return made[-1]

    with patch.object(engine, "Ledger", shadowed):
        backtest = Backtest("one", BTC, cash=D(10_000), paper=PLAIN)
        outcome = engine.run(backtest, Restless(), walk(7, 300), market)  # type: ignore[arg-type]
    assert {each.order.leg for each in outcome.fills} >= {"entry", "exit", "stop"}
    assert made[0].compared > 50
