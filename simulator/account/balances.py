"""What the account holds, to the last of eight decimals: free, and locked in open orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from simulator.errors import ApiError


@dataclass(slots=True)
class Holding:
    free: Decimal = Decimal(0)
    locked: Decimal = Decimal(0)


class Balances:
    """Every movement is one of four; none can take a holding below zero."""

    def __init__(self, deposits: Mapping[str, Decimal]) -> None:
        self._holdings = {asset: Holding(amount) for asset, amount in deposits.items()}

    def of(self, asset: str) -> Holding:
        return self._holdings.setdefault(asset, Holding())

    def items(self) -> list[tuple[str, Holding]]:
        return sorted(self._holdings.items())

    def lock(self, asset: str, amount: Decimal) -> None:
        """Set aside for an order; -2010 if there is not enough."""
        holding = self.of(asset)
        if amount > holding.free:
            raise ApiError(-2010, "Account has insufficient balance for requested action.")
        holding.free -= amount
        holding.locked += amount

    def unlock(self, asset: str, amount: Decimal) -> None:
        """Give back what an order no longer needs."""
        self.spend(asset, amount)
        self.receive(asset, amount)

    def spend(self, asset: str, amount: Decimal) -> None:
        """Pay out of what is locked."""
        holding = self.of(asset)
        if amount > holding.locked:
            raise ValueError(f"{amount} {asset} were to be paid of {holding.locked} locked")
        holding.locked -= amount

    def receive(self, asset: str, amount: Decimal) -> None:
        self.of(asset).free += amount
