"""What a strategy of backtrader's asks for on one candle, as a signal; what can't be traded is refused. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from shared.errors import StrategyError
from shared.trading import Position, Side, Signal, hold, sell

ZERO, ONE = Decimal(0), Decimal(1)
#: What a float's rounding adds to a position that shall take all the cash, and takes from one that ends on a lot.
_NOISE = Decimal("1e-9")

Execution = Literal["Market", "Close", "Limit", "Stop", "StopLimit", "StopTrail", "StopTrailLimit", "Historical"]


class Asked(NamedTuple):
    """One order that backtrader was given: `size` in base above zero; `price` of a limit or a stop, in quote."""

    side: Side
    execution: Execution
    size: float
    price: float | None = None
    expires: bool = False


@dataclass(frozen=True)
class Holding:
    """What the ledger says: the position, the cash (quote), and the close it is valued at."""

    position: Position
    cash: Decimal
    close: Decimal

    @property
    def equity(self) -> Decimal:
        """Cash and position together, in quote."""
        return self.cash + self.position.amount * self.close


def asked_of(order: Any) -> Asked:
    """What an order of backtrader's asks for."""
    side, kind = Side.BUY if order.isbuy() else Side.SELL, order.getordername()
    price = None if kind == "Market" else order.created.price
    return Asked(side, kind, abs(order.created.size), price, order.valid is not None)


def signal_of(asked: Sequence[Asked], taken_back: Sequence[Asked], holding: Holding) -> Signal:
    """The one signal that says the same; StrategyError where none can.

    A buy, with the stop and the target that stand beside it, becomes a target: so much of the equity is to be held.
    A sale becomes a part of the position. `taken_back` are orders of earlier candles that were cancelled.
    """
    for each in asked:
        _check(each)
    buys = [each for each in asked if each.side is Side.BUY]
    if buys:
        if len(buys) > 1 or any(each.side is Side.BUY for each in taken_back):
            raise StrategyError("it asks for two entries on one candle: one a candle, the rest on the next")
        return _entry(buys[0], [each for each in asked if each.side is Side.SELL], holding)
    if asked:
        return _exit(asked, holding)
    return _withdrawal(taken_back, holding)


def _check(asked: Asked) -> None:
    if asked.execution not in ("Market", "Limit", "Stop"):
        raise StrategyError(
            f"an order of backtrader's kind {asked.execution} can't be traded: Market and Limit can, and Stop beside an"
            " entry"
        )
    if asked.expires and asked.execution == "Limit":
        raise StrategyError("a limit order with `valid` can't be traded: it rests until it is filled or cancelled")


def _entry(buy: Asked, beside: Sequence[Asked], holding: Holding) -> Signal:
    if buy.execution == "Stop":
        raise StrategyError("an entry at a stop price can't be traded: buy when a candle has closed above it")
    stops = [each for each in beside if each.execution == "Stop"]
    targets = [each for each in beside if each.execution == "Limit"]
    if len(beside) != len(stops) + len(targets) or len(stops) > 1 or len(targets) > 1:
        raise StrategyError("beside an entry one stop and one limit to sell can stand, no more")
    if any(each.size != buy.size for each in beside):
        raise StrategyError("a stop or a target closes the whole position: give it the size of the entry")
    close, equity = holding.close, holding.equity
    wanted = holding.position.amount + _exact(buy.size)
    exposure = wanted * close / equity * (1 + _NOISE) if equity > 0 else wanted
    return Signal(
        side=Side.HOLD,
        reason=f"backtrader: buy {buy.size:g}, {_exact(buy.size) * close:.2f} of {holding.cash:.2f}",
        target=ONE if ONE < exposure < 1 + 1000 * _NOISE else exposure,
        limit=_price(buy) if buy.execution == "Limit" else None,
        stop=_price(stops[0]) if stops else None,
        take_profit=_price(targets[0]) if targets else None,
    )


def _exit(asked: Sequence[Asked], holding: Holding) -> Signal:
    if any(each.execution == "Stop" for each in asked):
        raise StrategyError(
            "a stop of its own can't be traded: give it beside the entry (buy_bracket), or sell when a candle has"
            " closed below it"
        )
    if len(asked) > 1:
        raise StrategyError("it asks for two exits on one candle: one order to sell, for all that is to be sold")
    (wanted,) = asked
    held = holding.position.amount
    share = min(ONE, _exact(wanted.size) / held * (1 + _NOISE)) if held > 0 else ONE
    limit = _price(wanted) if wanted.execution == "Limit" else None
    return sell(share, f"backtrader: sell {wanted.size:g}", limit=limit)


def _withdrawal(taken_back: Sequence[Asked], holding: Holding) -> Signal:
    """A sale takes an open entry back; an exit or a protection can't be taken back yet."""
    if not taken_back:
        return hold()
    if all(each.side is Side.BUY for each in taken_back) and not holding.position.is_open:
        return sell(reason="backtrader: takes its entry back")
    raise StrategyError(
        "it takes back an order of an earlier candle while it holds something: stops and targets stay until the"
        " position is closed; sell instead"
    )


def _price(asked: Asked) -> Decimal:
    if asked.price is None:
        raise StrategyError(f"its {asked.execution} order has no price")
    return _exact(asked.price)


def _exact(value: float) -> Decimal:
    """As it is written: 0.1 is a tenth."""
    return Decimal(repr(float(value)))
