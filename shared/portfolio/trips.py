"""Round trips: from flat to flat, as wins and losses are counted. Pure and exact.

A round trip begins with the fill that opens a position and ends with the fill that closes it. Its profit is the sum of
`realized_pnl` of all its fills: every fee, of the entry too, and every partial close counts in the trip it belongs to.
A fill that turns the position over (long to short) ends one trip and begins the next; what it realized, its whole
fee included, is the first one's. What is too little to be sold (a rest that a fee in base left) counts as flat.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from shared.trading import floor_to_step

ZERO = Decimal(0)


@dataclass(frozen=True)
class Lot:
    """The smallest order of a market, in base: less than that can't be closed."""

    step: Decimal = ZERO
    minimum: Decimal = ZERO

    def is_flat(self, amount: Decimal) -> bool:
        """Whether nothing is held that could be sold."""
        if not self.step:
            return not amount
        return floor_to_step(abs(amount), self.step) < max(self.minimum, self.step)


@dataclass(frozen=True)
class Deal:
    """A row of `trades` as it is counted here; `change` is its effect on the base balance, `fee` in `fee_asset`.

    `fee_quote` is None for a fee in a third asset of unknown worth: `realized_pnl` is then before it.
    """

    change: Decimal
    cost: Decimal
    realized_pnl: Decimal
    fee: Decimal
    fee_asset: str
    fee_quote: Decimal | None
    executed_at_us: int


@dataclass(frozen=True)
class Trip:
    """One round trip that is over; `pnl` in quote, after fees."""

    pnl: Decimal
    ended_at_us: int


@dataclass
class Trips:
    """Follows one strategy's deals, in the order they were booked; `unfinished` is what the open trip realized."""

    lot: Lot = Lot()
    ended: list[Trip] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    _amount: Decimal = ZERO
    unfinished: Decimal = ZERO

    def add(self, deal: Deal) -> None:
        """Take in the next deal."""
        before, self._amount = self._amount, self._amount + deal.change
        self.unfinished += deal.realized_pnl
        self.deals.append(deal)
        closing = not self.lot.is_flat(before) and before * deal.change < 0
        if closing and (self.lot.is_flat(self._amount) or before * self._amount < 0):
            self.ended.append(Trip(self.unfinished, deal.executed_at_us))
            self.unfinished = ZERO


@dataclass(frozen=True)
class Activity:
    """What trading came to in a time: money in quote, ratios as fractions, None where they are not defined.

    `traded` is the cost of all fills, bought and sold. `fees` are those whose worth is known; `other_fees` the rest, by
    asset.
    """

    trades: int
    trips: int
    wins: int
    gains: Decimal
    losses: Decimal
    traded: Decimal
    fees: Decimal
    other_fees: Mapping[str, Decimal]

    @property
    def win_rate(self) -> float | None:
        """Share of the round trips that ended with a profit; one that came out even is none."""
        return self.wins / self.trips if self.trips else None

    @property
    def profit_factor(self) -> float | None:
        """What the winning round trips gained for each unit that the losing ones lost; None without a loss."""
        return float(self.gains / self.losses) if self.losses else None

    @property
    def expectancy(self) -> Decimal | None:
        """The mean profit of a round trip."""
        return (self.gains - self.losses) / self.trips if self.trips else None

    def turnover(self, mean_equity: Decimal) -> float | None:
        """How many times the mean equity was traded, buys and sells both; None without equity."""
        return float(self.traded / mean_equity) if mean_equity > 0 else None


def activity(followed: Iterable[Trips], since_us: int) -> Activity:
    """The trading of some strategies since an instant; a round trip counts when it ends."""
    followed = tuple(followed)
    deals = [deal for trips in followed for deal in trips.deals if deal.executed_at_us >= since_us]
    results = [trip.pnl for trips in followed for trip in trips.ended if trip.ended_at_us >= since_us]
    unknown: dict[str, Decimal] = {}
    for deal in deals:
        if deal.fee_quote is None:
            unknown[deal.fee_asset] = unknown.get(deal.fee_asset, ZERO) + deal.fee
    return Activity(
        trades=len(deals),
        trips=len(results),
        wins=sum(pnl > 0 for pnl in results),
        gains=sum((pnl for pnl in results if pnl > 0), ZERO),
        losses=-sum((pnl for pnl in results if pnl < 0), ZERO),
        traded=sum((deal.cost for deal in deals), ZERO),
        fees=sum((deal.fee_quote or ZERO for deal in deals), ZERO),
        other_fees=unknown,
    )
