"""What is compared before a live strategy may trade, with unmodified ccxt and an exchange in a process of its own."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import ccxt
import pytest

from shared.clock import now_us
from shared.config import PaperSettings
from shared.errors import RepairError, RetryError
from shared.trading import client_order_id
from tests.integration.trader.live import ORDERS, PAIR, Exchange, LiveDesk, exchange, live_desk
from trader.brokers import Brokers


@pytest.fixture
def at() -> Iterator[Exchange]:
    with exchange() as running:
        yield running


@pytest.fixture
def live(tmp_path: Path, at: Exchange) -> Iterator[LiveDesk]:
    with live_desk(tmp_path, at) as desk:
        yield desk


def elsewhere(live: LiveDesk, side: str, amount: float, price: float | None = None, name: str = "") -> Any:
    """An order on the same account that did not come from here; its client order id is `name`."""
    client = ccxt.binance(
        {"apiKey": "demo-key", "secret": "demo-secret", "options": {"fetchMarkets": {"types": ["spot"]}}}
    )
    client.options["fetchCurrencies"] = False
    client.urls["api"] = live.broker.open().client.ccxt.urls["api"]
    try:
        kind = "market" if price is None else "limit"
        return client.create_order(PAIR, kind, side, amount, price, {"newClientOrderId": name} if name else {})
    finally:
        client.session.close()


def test_a_fresh_account_that_covers_the_books_may_be_traded(live: LiveDesk) -> None:
    assert live.reconcile() is None


def test_after_trading_all_still_agrees(live: LiveDesk) -> None:
    live.place()
    live.tend_until("filled")
    live.place(limit=(live.tick().bid / 2).quantize(D("0.01")))
    live.tend_until("open")
    taken = live.another()
    assert taken.reconcile() is None
    taken.broker.close()


def test_an_order_that_is_under_way_is_no_contradiction(live: LiveDesk) -> None:
    live.tick()
    live.broker.open()
    live.exchange.fault(kind="lost_reply", paths=ORDERS, count=1)
    live.place()
    live.tend()
    taken = live.another()
    assert taken.reconcile() is None
    taken.tend_until("filled")
    assert taken.reconcile() is None
    taken.broker.close()


def test_an_account_with_less_than_the_books_say_halts(tmp_path: Path) -> None:
    with exchange("--balance", "USDT=9999.99") as at, live_desk(tmp_path, at) as live:
        reason = live.reconcile()
    assert reason is not None
    assert reason.startswith("binance holds 9999.99 USDT, the books of the live strategies there need 10000")


def test_money_that_left_the_account_halts(live: LiveDesk) -> None:
    live.place()
    live.tend_until("filled")
    elsewhere(live, "sell", 0.001, name="by-hand")
    reason = live.reconcile()
    assert reason is not None
    assert "BTC, the books" in reason


def test_orders_of_other_programs_are_theirs(live: LiveDesk) -> None:
    price = round(float(live.tick().bid) / 2, 2)
    live.place(amount="0.05")
    live.tend_until("filled")
    elsewhere(live, "sell", 0.01, price * 4, name="web_7b2a")
    assert live.reconcile() is None


def test_an_open_order_that_looks_like_ours_and_is_in_no_ledger_halts(live: LiveDesk) -> None:
    elsewhere(live, "buy", 0.01, round(float(live.tick().bid) / 2, 2), name="0123456789abcdef0123456789abcdef")
    reason = live.reconcile()
    assert reason is not None
    assert "has an open order" in reason
    assert "the ledger does not know" in reason


def test_a_ledger_restored_from_before_a_trade_halts(live: LiveDesk) -> None:
    with live.desk.database.write() as connection:
        connection.exec_driver_sql("UPDATE strategy_metadata SET created_at_us = created_at_us - 600000000")
    elsewhere(live, "buy", 0.001, name="0123456789abcdef0123456789abcdef")
    reason = live.reconcile()
    assert reason is not None
    assert "in nobody's books" in reason


def test_a_trade_of_an_order_that_is_over_for_the_ledger_halts(live: LiveDesk) -> None:
    live.place()
    live.tend_until("filled")
    with live.desk.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM trades")
    reason = live.reconcile()
    assert reason is not None
    assert client_order_id("one", 2_000) in reason


def test_trades_of_a_long_absence_are_looked_through_step_by_step(live: LiveDesk) -> None:
    with live.desk.database.write() as connection:
        month = 30 * 86_400_000_000
        connection.exec_driver_sql(f"UPDATE strategy_metadata SET created_at_us = {now_us() - month}")
    assert live.reconcile() is None
    assert live.exchange.requests("GET", "/api/v3/myTrades") >= 30


def test_while_the_exchange_cannot_be_asked_nobody_trades(live: LiveDesk) -> None:
    live.broker.open()
    live.exchange.fault(kind="server_error")
    with pytest.raises(RetryError):
        live.reconcile()


def test_a_lease_that_is_nearly_over_is_renewed_before_anything_is_compared(live: LiveDesk) -> None:
    live.claim("a", seconds=0.5)
    with pytest.raises(RetryError, match=r"raise trader.lease_seconds"):
        live.reconcile()


def test_a_lease_term_shorter_than_an_order_is_valid_halts_before_it_is_claimed(live: LiveDesk) -> None:
    brokers = Brokers(live.desk.database, PaperSettings(), {"binance": live.settings}, lease_seconds=0.5)
    with pytest.raises(RepairError, match=r"raise trader.lease_seconds above that"):
        brokers.open(replace(live.running, broker="live"))
    brokers.close()


def test_a_market_the_exchange_does_not_have_halts(tmp_path: Path) -> None:
    with exchange("--symbols", "ETH/USDT") as at, live_desk(tmp_path, at) as live:
        assert live.reconcile() == "binance does not trade BTC/USDT now"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": None}, "CHANDLER_EXCHANGES__BINANCE__KEY_FILE"),
        ({"id": "hitbtc"}, "live trading is for"),
        ({"id": "kraken", "sandbox": True}, "exchanges.binance.sandbox: kraken has none"),
        ({"secret": "another"}, "lets us in no longer; check key"),
    ],
)
def test_what_is_configured_wrongly_is_a_reason_in_plain_words(
    tmp_path: Path, at: Exchange, changes: dict[str, Any], said: str
) -> None:
    with live_desk(tmp_path, at, **changes) as live:
        reason = live.reconcile()
    assert reason is not None
    assert said in reason
    assert "demo-secret" not in reason


def test_a_key_that_may_withdraw_is_refused(live: LiveDesk) -> None:
    live.exchange.fault(kind="may_withdraw")
    reason = live.reconcile()
    assert reason == "exchanges.binance.key: this key may withdraw; make one that may only read and trade"


def test_what_was_refused_is_not_asked_again_at_once(live: LiveDesk) -> None:
    live.exchange.fault(kind="may_withdraw")
    for _ in range(5):
        assert live.reconcile() is not None
    assert live.exchange.requests("GET", "/sapi/v1/account/apiRestrictions") == 1
