"""The last 24 hours and the top of the book, as REST and the streams show them."""

from typing import Any, Final

from simulator.market.market import Market

# REST name -> name on the 24hrTicker stream.
STREAM_NAMES: Final = {
    "symbol": "s",
    "priceChange": "p",
    "priceChangePercent": "P",
    "weightedAvgPrice": "w",
    "prevClosePrice": "x",
    "lastPrice": "c",
    "lastQty": "Q",
    "bidPrice": "b",
    "bidQty": "B",
    "askPrice": "a",
    "askQty": "A",
    "openPrice": "o",
    "highPrice": "h",
    "lowPrice": "l",
    "volume": "v",
    "quoteVolume": "q",
    "openTime": "O",
    "closeTime": "C",
    "firstId": "F",
    "lastId": "L",
    "count": "n",
}
MINI: Final = ("symbol", "lastPrice", "openPrice", "highPrice", "lowPrice", "volume", "quoteVolume")


def book(market: Market, now_ms: int) -> dict[str, str]:
    """`ticker/bookTicker` of one symbol."""
    quote = market.quote(now_ms)
    amount = f"{quote.amount:f}"
    return {
        "symbol": market.traded.symbol,
        "bidPrice": f"{quote.bid:f}",
        "bidQty": amount,
        "askPrice": f"{quote.ask:f}",
        "askQty": amount,
    }


def depth(market: Market, now_ms: int, count: int) -> dict[str, Any]:
    """`depth` of one symbol: the quote on top, and below it, half a spread apart, ever a quarter of it more."""
    quote = market.quote(now_ms)
    gap = max(market.traded.tick, ((quote.ask - quote.bid) / 2).quantize(market.traded.tick))
    amounts = [(quote.amount * (4 + place) / 4).quantize(market.traded.lot) for place in range(count)]
    bids = [(quote.bid - place * gap, amount) for place, amount in enumerate(amounts) if place * gap < quote.bid]
    asks = [(quote.ask + place * gap, amount) for place, amount in enumerate(amounts)]
    sides = {"bids": bids, "asks": asks}
    levels = {side: [[f"{price:f}", f"{amount:f}"] for price, amount in stand] for side, stand in sides.items()}
    return {"lastUpdateId": now_ms, **levels}


def day(market: Market, now_ms: int) -> dict[str, Any]:
    """`ticker/24hr` of one symbol; a market that did not trade shows its last price throughout."""
    digits, candles = market.digits, market.day(now_ms)
    last = digits.price(market.source.price(now_ms))
    opened, high, low, volume = last, last, last, digits.amount(0)
    if len(candles):
        opened, high, low = (digits.price(c[0]) for c in (candles.open, candles.high, candles.low))
        volume = digits.amount(candles.volume[0])
    average = (float(opened) + float(high) + float(low) + float(last)) / 4
    change, count = float(last) - float(opened), int(float(volume) * average / 250)
    sides = book(market, now_ms)
    return {
        "symbol": market.traded.symbol,
        "priceChange": f"{change:.8f}",
        "priceChangePercent": f"{100 * change / float(opened):.3f}",
        "weightedAvgPrice": f"{average:.8f}",
        "prevClosePrice": opened,
        "lastPrice": last,
        "lastQty": f"{market.traded.lot:f}",
        **{name: sides[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")},
        "openPrice": opened,
        "highPrice": high,
        "lowPrice": low,
        "volume": volume,
        "quoteVolume": f"{float(volume) * average:.8f}",
        "openTime": now_ms - 86_400_000,
        "closeTime": now_ms,
        "firstId": 0,
        "lastId": count,
        "count": count,
    }
