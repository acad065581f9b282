"""The exchange's own account of what was traded, asked for with a key, and without any of our code."""

import hashlib
import hmac
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PAGE = 1000


@dataclass(frozen=True)
class Account:
    """A simulated Binance account."""

    url: str
    key: str = "demo-key"
    secret: str = "demo-secret"  # noqa: S105 - nothing real hangs on it

    def orders(self, symbol: str) -> list[dict[str, Any]]:
        """Every order there ever was, oldest first."""
        return list(self._pages("/api/v3/allOrders", symbol, "orderId", "orderId"))

    def trades(self, symbol: str) -> list[dict[str, Any]]:
        """Every fill, oldest first."""
        return list(self._pages("/api/v3/myTrades", symbol, "id", "fromId"))

    def balances(self) -> dict[str, Decimal]:
        """Free and locked together, by asset."""
        rows = self._ask("/api/v3/account")["balances"]
        return {row["asset"]: Decimal(row["free"]) + Decimal(row["locked"]) for row in rows}

    def buy(self, symbol: str, amount: str) -> None:
        """An order of somebody else, who uses the same account."""
        self._ask("/api/v3/order", "POST", symbol=symbol, side="BUY", type="MARKET", quantity=amount)

    def _pages(self, path: str, symbol: str, number: str, first: str) -> Iterator[dict[str, Any]]:
        start = 1
        while page := self._ask(path, symbol=symbol, limit=PAGE, **{first: start}):
            yield from page
            start = int(page[-1][number]) + 1

    def _ask(self, path: str, method: str = "GET", /, **parameters: Any) -> Any:
        query = urllib.parse.urlencode({**parameters, "timestamp": time.time_ns() // 1_000_000, "recvWindow": 50_000})
        signature = hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}{path}?{query}&signature={signature}", headers={"X-MBX-APIKEY": self.key}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())
