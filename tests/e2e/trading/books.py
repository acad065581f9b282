"""The ledger beside the exchange's account: what differs, in words; nothing if all is well."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from tests.e2e.trading.desk import STRATEGIES, SYMBOLS, Desk

CASH = Decimal(10_000)


def differences(desk: Desk) -> list[str]:
    """Orders, fills and balances, one by one and to the last digit."""
    return [*_orders(desk), *_fills(desk), *_balances(desk), *_signals(desk)]


def _orders(desk: Desk) -> Iterator[str]:
    """Each intent has one order there, unless it never left; each order there has its intent."""
    intents = {row[0]: row[1:] for row in desk.rows("SELECT client_order_id, side, amount, status, filled FROM orders")}
    placed = [order for symbol in SYMBOLS for order in desk.account.orders(symbol.replace("/", ""))]
    for name, times in Counter(order["clientOrderId"] for order in placed).items():
        if times > 1:
            yield f"{name} was placed {times} times"
    there = {order["clientOrderId"]: order for order in placed}
    for name in there.keys() - intents.keys():
        yield f"{name} is nobody's intent"
    for name, (side, amount, status, filled) in intents.items():
        order = there.get(name)
        if order is None:
            if status not in ("cancelled", "rejected") or Decimal(filled):
                yield f"{name} is {status}, filled {filled}, and was never placed"
        elif (order["side"].lower(), Decimal(order["origQty"])) != (side, Decimal(amount)):
            yield f"{name}: {side} {amount} was placed as {order['side']} {order['origQty']}"
        elif Decimal(order["executedQty"]) != Decimal(filled):
            yield f"{name}: {status}, filled {filled}; there {order['status']}, {order['executedQty']}"


def _fills(desk: Desk) -> Iterator[str]:
    booked = {
        (row[0], row[1]): (*map(Decimal, row[2:5]), row[5])
        for row in desk.rows("SELECT symbol, trade_id, amount, price, fee, fee_asset FROM trades")
    }
    there = {
        (symbol, str(fill["id"])): (
            *(Decimal(fill[name]) for name in ("qty", "price", "commission")), fill["commissionAsset"],
        )
        for symbol in SYMBOLS
        for fill in desk.account.trades(symbol.replace("/", ""))
    }  # fmt: skip
    for key in booked.keys() | there.keys():
        if booked.get(key) != there.get(key):
            yield f"fill {key}: booked {booked.get(key)}, there {there.get(key)}"


def _balances(desk: Desk) -> Iterator[str]:
    newest = desk.rows(
        "SELECT asset, total FROM balance_history WHERE balance_id IN"
        " (SELECT max(balance_id) FROM balance_history GROUP BY strategy_id, asset)"
    )
    ours: Counter[str] = Counter()
    for asset, total in newest:
        ours[asset] += Decimal(total)  # type: ignore[assignment]
    for asset, total in desk.account.balances().items():
        if total != Decimal(ours[asset]):
            yield f"{asset}: the ledgers have {ours[asset]}, the account has {total}"


def _signals(desk: Desk) -> Iterator[str]:
    """A strategy that decides on every candle has one signal for each, from its first to its cursor."""
    for strategy, cursor in desk.rows("SELECT strategy_id, candle FROM strategy_cursors"):
        if STRATEGIES[strategy] != "flip":
            continue
        found = [row[0] for row in desk.rows(f"SELECT candle FROM signals WHERE strategy_id = '{strategy}' ORDER BY 1")]
        if found != list(range(found[0], cursor + 1000, 1000)):
            yield f"{strategy}: {len(found)} signals from {found[0]} to {cursor}"
    for order_id, times in desk.rows(
        "SELECT client_order_id, count(*) FROM order_events WHERE status = 'sent' GROUP BY 1"
    ):
        if times > 1:
            yield f"{order_id} was sent {times} times"
