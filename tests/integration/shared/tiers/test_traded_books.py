"""Books with real fills, partial ones and fees in a third asset: the same figures wherever aged rows lie."""

from collections.abc import Mapping
from decimal import Decimal as D
from pathlib import Path

from sqlalchemy import text

from shared import ledger
from shared.backup.full import take_full
from shared.backup.increment import shipped_stamp, take_increment
from shared.backup.restore import restore
from shared.clock import now_us
from shared.database import Database, open_database
from shared.database.changes import last_stamp
from shared.market import Ticker
from shared.portfolio import PortfolioReader
from shared.tiers import AGED, Shelf, move_aged, pack_aged
from shared.trading import Status
from tests.integration.shared.ledger.counter import BUY, SELL, Counter, fill
from tests.integration.shared.tiers.aged import DAY_US, TABLES, WEEK

#: The counter's clock counts microseconds from 1 s on; this is long after.
LATER_US = 300 * DAY_US


def trade(counter: Counter, times: int) -> None:
    """Buys and sells, each in two fills, a fee in BNB, and at last an order that stays open."""
    with counter.database.write() as connection:
        ledger.deposit(connection, "rsi", "binance", "BNB", D(1), now_us())
    for number in range(times):
        price = str(100 + number % 7)
        for side in (BUY, SELL):
            order = counter.order(side, "0.2")
            name = f"{number}-{side.value}"
            counter.settle(order, Status.OPEN, fill(f"{name}-1", side, "0.05", price, "0.0001", "BNB"))
            counter.settle(order, Status.FILLED, fill(f"{name}-2", side, "0.15", price, "0.01"))
        counter.tick(
            Ticker("binance", "BTC/USDT", 1_000 + number, D(price), D(price) + 1, D(price), 1_000_000 + number)
        )
        with counter.database.write() as connection:
            ledger.note_equity(connection, "rsi", "binance", "BTC/USDT", 1_000_000 + number)
    counter.trade(fill("last", BUY, "0.3", "100"))
    counter.order(SELL, "0.1", "500")


def figures(database: Database, archive: Path) -> Mapping[str, object]:
    """All that trading, risk and the portfolio go by."""
    reader = PortfolioReader(database, archive)
    with database.read() as connection:
        marks = connection.execute(text("SELECT * FROM risk_marks")).all()
        return {
            "audit": ledger.verify(connection),
            "books": ledger.books(connection, "rsi", "binance", "BTC/USDT"),
            "balances": {asset: ledger.latest_balance(connection, "rsi", asset) for asset in ("USDT", "BTC", "BNB")},
            "peeked": {asset: ledger.peek_balance(database, "rsi", asset) for asset in ("USDT", "BTC", "BNB")},
            "open": ledger.open_orders(connection, "rsi"),
            "risk": [tuple(row) for row in marks],
            "now": vars(reader.now()),
            "report": reader.report(10_000_000),
            "chart": reader.chart(0, 10_000_000, 50),
        }


def counts(database: Database) -> dict[str, int]:
    with database.read() as connection:
        names = (*TABLES, "order_events")
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


def test_every_figure_is_the_same_before_between_and_after_and_in_what_is_restored(
    database: Database, tmp_path: Path
) -> None:
    counter = Counter(database)
    archive, root = tmp_path / "archive", tmp_path / "backups"
    shelf = Shelf(database, archive, pause=lambda: None)
    trade(counter, 20)
    told = figures(database, archive)
    assert told["audit"] == []
    file = tmp_path / "trading.db"
    take_full(file, root, archive, now_us())
    instants: list[int] = []

    def same() -> None:
        assert figures(database, archive) == told
        take_increment(database, root, archive, now_us())
        with database.read() as connection:
            instants.append(last_stamp(connection))

    same()
    before = counts(database)
    for name in before:
        moved = move_aged(shelf, AGED[name], WEEK, shipped_stamp(database, root), LATER_US)
        assert moved.deleted == before[name] - counts(database)[name] > 0, name
        same()
    for name in before:
        pack_aged(shelf, AGED[name], WEEK, shipped_stamp(database, root), LATER_US)
        same()
    take_increment(database, root, archive, now_us())
    for number, instant in enumerate(instants):
        place = tmp_path / f"then-{number}"
        place.mkdir()
        made = restore(root, instant, place / "trading.db", now_us(), archive=place / "archive")
        assert (made.problems, made.lacking) == ([], ())
        then = open_database(f"sqlite:///{made.path}")
        assert figures(then, place / "archive") == told
        then.close()
