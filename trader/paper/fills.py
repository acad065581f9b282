"""The paper market: an order fills at the first ticker that comes after the decision."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from shared.market import Market, Ticker, base_of, quote_of
from shared.trading import Books, Fill, Order, Side


@dataclass(frozen=True)
class Paper:
    """Costs of trading: `slippage` beyond the best price and `fee`, as fractions, the fee in the quote asset."""

    slippage: Decimal
    fee: Decimal

    @property
    def costs(self) -> Decimal:
        """What an entry costs beyond the price it was decided on, if that does not move; a fraction."""
        return (1 + self.slippage) * (1 + self.fee) - 1

    def fill(self, order: Order, ticker: Ticker, market: Market, now_us: int) -> Fill:
        """The whole order at the ticker's far side, plus slippage, rounded to the tick against us."""
        price = self._price(order.side, ticker, market.price_tick)
        return Fill(
            trade_id=f"{order.client_order_id}-1",
            side=order.side,
            amount=order.amount,
            price=price,
            fee=order.amount * price * self.fee,
            fee_asset=quote_of(order.symbol),
            executed_at_us=now_us,
            base=base_of(order.symbol),
            quote=quote_of(order.symbol),
        )

    def _price(self, side: Side, ticker: Ticker, tick: Decimal) -> Decimal:
        if side is Side.BUY:
            steps = (ticker.ask * (1 + self.slippage) / tick).to_integral_value(ROUND_CEILING)
        else:
            steps = (ticker.bid * (1 - self.slippage) / tick).to_integral_value(ROUND_FLOOR)
        return max(steps, Decimal(1)) * tick


def objection(fill: Fill, books: Books) -> str | None:
    """Why an exchange would refuse the fill; None if the books can pay for it."""
    if fill.side is Side.BUY and -fill.cash_change > books.cash:
        return f"insufficient funds: it costs {-fill.cash_change}, there are {books.cash}"
    if fill.side is Side.SELL and fill.amount > books.position.amount:
        return f"insufficient holding: it sells {fill.amount} of {books.position.amount}"
    return None
