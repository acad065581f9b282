"""What an order gets on paper: prices against us, fees as the exchange takes them. Pure and exact."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from typing import Literal

from shared.config import PaperSettings
from shared.market import Market, Ticker, base_of, quote_of
from shared.trading import Books, Fill, Order, Side

#: Digits enough for any product of amount, price and fee: nothing is rounded but prices to the tick.
_WIDE = Context(prec=60)

#: While the market's rules are not known.
_USUAL_FEE = Decimal("0.001")

Liquidity = Literal["maker", "taker"]


def costs(paper: PaperSettings, market: Market | None) -> Decimal:
    """What a buy at the market costs beyond the price it was decided on, if that does not move; a fraction."""
    fee = _rate(paper, market, "taker") if market else paper.fee or _USUAL_FEE
    from_base = market is not None and market.fee_side != "quote"
    return (1 + paper.spread / 2) * (1 + paper.slippage) * (1 if from_base else 1 + fee) - 1


def best(ticker: Ticker, spread: Decimal) -> tuple[Decimal, Decimal]:
    """Bid and ask, moved apart evenly where they are closer than `spread` (a fraction of the price between them)."""
    middle = (ticker.bid + ticker.ask) / 2
    half = middle * spread / 2
    return min(ticker.bid, middle - half), max(ticker.ask, middle + half)


def market_price(order: Order, ticker: Ticker, market: Market, paper: PaperSettings) -> Decimal:
    """The far side of the spread plus slippage, rounded to the tick against us, but never worse than the limit."""
    bid, ask = best(ticker, paper.spread)
    with localcontext(_WIDE):
        if order.side is Side.BUY:
            steps = (ask * (1 + paper.slippage) / market.price_tick).to_integral_value(ROUND_CEILING)
        else:
            steps = (bid * (1 - paper.slippage) / market.price_tick).to_integral_value(ROUND_FLOOR)
    price = max(steps, Decimal(1)) * market.price_tick
    return price if order.limit_price is None else not_worse(order.side, price, order.limit_price)


def not_worse(side: Side, price: Decimal, limit: Decimal) -> Decimal:
    """The price, or the limit where the price is worse."""
    return min(price, limit) if side is Side.BUY else max(price, limit)


def made(
    order: Order,
    number: int,
    amount: Decimal,
    price: Decimal,
    liquidity: Liquidity,
    at_us: int,
    market: Market,
    paper: PaperSettings,
) -> Fill:
    """The `number`-th fill of an order. Its id says no more than that: made a second time, it is the same fill."""
    base, quote = base_of(order.symbol), quote_of(order.symbol)
    in_base = market.fee_side == "base" or (market.fee_side == "received" and order.side is Side.BUY)
    with localcontext(_WIDE):
        fee = (amount if in_base else amount * price) * _rate(paper, market, liquidity)
    return Fill(
        trade_id=f"{order.client_order_id}-{number}",
        side=order.side,
        amount=amount,
        price=price,
        fee=fee,
        fee_asset=base if in_base else quote,
        executed_at_us=at_us,
        base=base,
        quote=quote,
        liquidity=liquidity,
    )


def shortage(fill: Fill, books: Books) -> str | None:
    """Why an exchange would not carry a fill out: what it takes is not there. None if it is."""
    cash, amount = books.cash, books.position.amount
    if fill.side is Side.BUY and cash + fill.cash_change < 0:
        return f"insufficient funds: it costs {-fill.cash_change} {fill.quote}, there are {cash}"
    if fill.side is Side.SELL and amount + fill.base_change < 0:
        return f"insufficient holding: it takes {-fill.base_change} {fill.base}, there are {amount}"
    return None


def _rate(paper: PaperSettings, market: Market, liquidity: Liquidity) -> Decimal:
    if paper.fee is not None:
        return paper.fee
    return market.maker_fee if liquidity == "maker" else market.taker_fee
