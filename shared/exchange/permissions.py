"""What an API key may do. A key that may withdraw is refused: nothing here ever needs it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.errors import RepairError
from shared.exchange.client import Client


class Rights(NamedTuple):
    """Whether a key may trade, and whether it may take money out."""

    trade: bool
    withdraw: bool


def _binance(answer: Any) -> Rights:
    return Rights(_yes(answer["enableSpotAndMarginTrading"]), _yes(answer["enableWithdrawals"]))


def _bybit(answer: Any) -> Rights:
    granted = answer["result"]["permissions"]
    can_write = str(answer["result"]["readOnly"]) == "0"
    return Rights(can_write and "SpotTrade" in (granted.get("Spot") or ()), _withdraws(granted.get("Wallet") or ()))


def _okx(answer: Any) -> Rights:
    granted = answer["data"][0]["perm"].split(",")
    return Rights("trade" in granted, _withdraws(granted))


def _kraken(answer: Any) -> Rights:
    granted = [str(name).lower() for name in answer["result"]["permissions"]]
    return Rights(any("trades" in name and "query" not in name for name in granted), _withdraws(granted))


def _kucoin(answer: Any) -> Rights:
    granted = answer["data"]["permission"].split(",")
    return Rights("Spot" in granted or "Trade" in granted, "Transfer" in granted or _withdraws(granted))


def _coinbase(answer: Any) -> Rights:
    return Rights(_yes(answer["can_trade"]), _yes(answer["can_transfer"]))


#: The call that tells, by ccxt's name for it, and how its answer is read.
_CALLS: Mapping[str, tuple[str, Callable[[Any], Rights]]] = {
    "binance": ("sapiGetAccountApiRestrictions", _binance),
    "bybit": ("privateGetV5UserQueryApi", _bybit),
    "okx": ("privateGetAccountConfig", _okx),
    "kraken": ("privatePostGetApiKeyInfo", _kraken),
    "kucoin": ("privateGetUserApiKey", _kucoin),
    "coinbase": ("v3PrivateGetBrokerageKeyPermissions", _coinbase),
}


async def check_key(client: Client, *, accept_unknown: bool) -> None:
    """RepairError unless the key may trade and not withdraw, as far as the exchange tells."""
    where = f"exchanges.{client.name}.key"
    if client.id not in _CALLS or not hasattr(client.ccxt, _CALLS[client.id][0]):
        if not accept_unknown:
            raise RepairError(
                f"{where}: {client.id} does not say what a key may do; look there that it can't withdraw, and set"
                f" exchanges.{client.name}.unknown_permissions = true"
            )
        return
    call, read = _CALLS[client.id]
    answer = await client.ask("what the key may do", call)
    rights = read_rights(client, read, answer)
    if rights.withdraw:
        raise RepairError(f"{where}: this key may withdraw; make one that may only read and trade")
    if not rights.trade:
        raise RepairError(f"{where}: this key may not trade; allow spot trading for it")


def read_rights(client: Client, read: Callable[[Any], Rights], answer: Any) -> Rights:
    """RepairError if the answer can't be understood: then nobody knows what the key may do."""
    try:
        return read(answer)
    except (TypeError, LookupError, AttributeError) as error:
        raise RepairError(f"exchanges.{client.name}.key: can't tell what it may do from {answer!r}") from error


def _yes(told: Any) -> bool:
    return told is True or str(told).lower() == "true"


def _withdraws(granted: Any) -> bool:
    return any("withdraw" in str(name).lower() for name in granted)
