"""The balance history is appended to, one row or very many at a time; the newest row of an asset is its balance."""

from decimal import Decimal as D

from shared import ledger
from shared.market import Ticker
from shared.trading import Balance, BalanceChange
from tests.integration.shared.ledger.counter import BUY, SELL, Counter, fill


def changes(count: int) -> list[BalanceChange]:
    """One more ETH each time."""
    rows = range(1, count + 1)
    return [BalanceChange("rsi", "binance", "ETH", D(n), D(0), D(1), "import", f"row {n}", n) for n in rows]


def test_many_changes_are_entered_in_their_order(counter: Counter) -> None:
    with counter.database.write() as connection:
        assert ledger.record_balances(connection, changes(1000)) == 1000
        assert ledger.record_balances(connection, []) == 0
    rows = counter.rows("SELECT total, change_percent, recorded_at_us FROM balance_history WHERE asset = 'ETH'")
    assert rows[:2] == [("1", None, 1), ("2", "100", 2)]
    assert len(rows) == 1000


def test_the_newest_row_is_the_balance_whatever_the_wall_clock_said(counter: Counter) -> None:
    with counter.database.write() as connection:
        ledger.record_balances(connection, changes(3))
        ledger.record_balances(connection, [changes(1)[0]._replace(total=D("7.5"), held=D(2), recorded_at_us=0)])
        assert ledger.latest_balance(connection, "rsi", "ETH") == Balance(D("7.5"), D(2))
        assert ledger.latest_balance(connection, "rsi", "DOGE") == Balance()
        assert ledger.latest_balance(connection, "nobody", "ETH") == Balance()


def test_it_is_found_by_one_step_into_an_index(counter: Counter) -> None:
    where = "strategy_id = 'rsi' AND asset = 'ETH'"
    query = f"EXPLAIN QUERY PLAN SELECT max(balance_id) FROM balance_history WHERE {where}"
    plan = " ".join(str(row) for row in counter.rows(query))
    assert "COVERING INDEX ix_balance_history_strategy_id_asset_balance_id" in plan


def test_equity_is_noted_at_what_the_position_could_be_closed_for(counter: Counter) -> None:
    ticker = Ticker("binance", "BTC/USDT", 1, D(120), D(130), D(125), 1)
    counter.trade(fill("t1", BUY, "1", "100"))
    assert note(counter) is None
    counter.tick(ticker)
    assert note(counter) == 1020
    counter.trade(fill("t2", SELL, "2", "120"))
    assert note(counter) == D(1000) - 100 + 240 - 130
    assert counter.rows("SELECT cash, positions_value, equity FROM equity_history ORDER BY equity_id DESC LIMIT 1") == [
        ("1140", "-130", "1010")
    ]


def note(counter: Counter) -> D | None:
    with counter.database.write() as connection:
        return ledger.note_equity(connection, "rsi", "binance", "BTC/USDT", 5)
