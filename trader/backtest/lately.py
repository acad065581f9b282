"""What counts against the limits, of a ledger in memory; what no limit asks for costs nothing. Pure."""

from decimal import Decimal

from shared.config import RiskSettings
from shared.trading import Lately, Mark
from trader.backtest.ledger import Ledger
from trader.backtest.spec import Backtest
from trader.risk import look_back_us

_MINUTE_US = 60_000_000
_ASKED = ("max_position", "max_exposure", "max_order", "orders_per_minute", "max_daily_loss", "max_drawdown")


def limits_losses(backtest: Backtest) -> bool:
    """Whether a loss may change the state."""
    return any(
        limit is not None
        for limits in (backtest.limits, backtest.desk)
        for limit in (limits.max_daily_loss, limits.max_drawdown)
    )


def limits_anything(backtest: Backtest) -> bool:
    """Whether any limit asks for what happened lately, or for what is held."""
    return any(
        look_back_us(limits) or any(getattr(limits, name) is not None for name in _ASKED)
        for limits in (backtest.limits, backtest.desk)
    )


def lately(backtest: Backtest, ledger: Ledger, price: Decimal, mark: Mark | None, now_us: int) -> tuple[Lately, Lately]:
    """The strategy's and the desk's, which is the same strategy measured by other limits; worth at `price` (quote)."""
    return (
        _of(backtest.limits, ledger, price, mark, now_us),
        _of(backtest.desk, ledger, price, mark, now_us),
    )


def _of(limits: RiskSettings, ledger: Ledger, price: Decimal, mark: Mark | None, now_us: int) -> Lately:
    back_us = look_back_us(limits)
    books, entries = ledger.books, [each for each in ledger.waiting if each.order.is_entry]
    return Lately(
        orders=ledger.orders_since(now_us - _MINUTE_US),
        trades=ledger.trades_since(now_us - back_us) if back_us else (),
        amount=books.position.amount + sum((each.left for each in entries), Decimal(0)),
        exposure=books.position.amount * price
        + sum((each.left * (each.order.limit_price or price) for each in entries), Decimal(0)),
        mark=mark and mark.at(books.equity(price)),
    )
