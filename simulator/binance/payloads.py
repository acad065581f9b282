"""Orders, trades and balances in the exchange's JSON: decimals are texts, times integer ms."""

from decimal import Decimal
from typing import Any

from simulator.account.account import Account
from simulator.account.orders import Fill, Kind, Order


def _text(value: Decimal | None) -> str:
    return f"{value or Decimal(0):.8f}"


def _identity(order: Order) -> dict[str, Any]:
    return {
        "symbol": order.request.symbol,
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
    }


def _state(order: Order) -> dict[str, Any]:
    return {
        "price": _text(order.request.price),
        "origQty": _text(order.amount),
        "executedQty": _text(order.filled),
        "origQuoteOrderQty": _text(order.request.cost),
        "cummulativeQuoteQty": _text(order.cost),
        "status": str(order.status),
        "timeInForce": order.request.time_in_force,
        "type": str(order.request.kind),
        "side": str(order.request.side),
        "selfTradePreventionMode": "NONE",
    }


def order(order: Order) -> dict[str, Any]:
    """What a query of an order answers."""
    times = {"time": order.time_ms, "updateTime": order.updated_ms, "workingTime": order.time_ms}
    unused = {"stopPrice": _text(None), "icebergQty": _text(None), "isWorking": True}
    return {**_identity(order), **_state(order), **unused, **times}


def placed(order: Order, detail: str | None, fills: list[Fill]) -> dict[str, Any]:
    """What a new order answers: ACK, RESULT or FULL; without a wish FULL, and ACK for a post-only order.

    `fills` are those that are shown.
    """
    detail = detail or ("ACK" if order.request.kind is Kind.LIMIT_MAKER else "FULL")
    answer = {**_identity(order), "transactTime": order.time_ms}
    if detail == "ACK":
        return answer
    answer |= {**_state(order), "workingTime": order.time_ms}
    return answer if detail == "RESULT" else {**answer, "fills": [_leg(fill) for fill in fills]}


def canceled(order: Order, now_ms: int) -> dict[str, Any]:
    named = {"origClientOrderId": order.client_id, "clientOrderId": f"cancel{order.id}", "transactTime": now_ms}
    return {**_identity(order), **_state(order), **named}


def _leg(fill: Fill) -> dict[str, Any]:
    return {
        "price": _text(fill.price),
        "qty": _text(fill.amount),
        "commission": _text(fill.commission),
        "commissionAsset": fill.commission_asset,
        "tradeId": fill.id,
    }


def trade(fill: Fill) -> dict[str, Any]:
    """One row of `myTrades`."""
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "orderListId": -1,
        "price": _text(fill.price),
        "qty": _text(fill.amount),
        "quoteQty": _text(fill.price * fill.amount),
        "commission": _text(fill.commission),
        "commissionAsset": fill.commission_asset,
        "time": fill.time_ms,
        "isBuyer": fill.is_buy,
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def account(account: Account, now_ms: int, *, omit_zero: bool) -> dict[str, Any]:
    """What `account` answers; commissions are in basis points and as rates."""
    basis_points, rate = int(account.fee_rate * 10_000), _text(account.fee_rate)
    return {
        "makerCommission": basis_points,
        "takerCommission": basis_points,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": rate, "taker": rate, "buyer": _text(None), "seller": _text(None)},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": now_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": _text(holding.free), "locked": _text(holding.locked)}
            for asset, holding in account.balances.items()
            if holding.free or holding.locked or not omit_zero
        ],
        "permissions": ["SPOT"],
        "uid": 1,
    }


def key_permissions(now_ms: int, *, may_withdraw: bool) -> dict[str, Any]:
    """What the key may do: read and trade."""
    return {
        "ipRestrict": False,
        "createTime": now_ms,
        "enableReading": True,
        "enableSpotAndMarginTrading": True,
        "enableWithdrawals": may_withdraw,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False,
    }
