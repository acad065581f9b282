"""Assets, pairs, tickers, candles and trades in Kraken's JSON: decimals are texts, times seconds."""

from datetime import UTC, datetime
from typing import Any, Final

from simulator.kraken import names
from simulator.market.candles import Candles
from simulator.market.instrument import Instrument
from simulator.market.market import Market
from simulator.market.timeframe import DAY_MS, MINUTE_MS
from simulator.market.trades import A_MINUTE, Trades

_TAKER: Final = [[0, 0.40], [10_000, 0.35], [50_000, 0.24]]
_MAKER: Final = [[0, 0.25], [10_000, 0.20], [50_000, 0.14]]
_SIDES: Final = {True: "b", False: "s"}
_SHOWN_NS: Final = 100_000  # times of trades are shown in tenths of a ms


def asset(name: str) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": names.altname(name),
        "decimals": 10,
        "display_decimals": 5,
        "status": "enabled",
    }


def pair(traded: Instrument) -> dict[str, Any]:
    """One entry of `AssetPairs`."""
    return {
        "altname": names.pair_altname(traded),
        "wsname": names.wsname(traded),
        "aclass_base": "currency",
        "base": names.asset_id(traded.base),
        "aclass_quote": "currency",
        "quote": names.asset_id(traded.quote),
        "lot": "unit",
        "cost_decimals": traded.price_digits + traded.lot_digits,
        "pair_decimals": traded.price_digits,
        "lot_decimals": traded.lot_digits,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": _TAKER,
        "fees_maker": _MAKER,
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{traded.lot:f}",
        "costmin": "0.5",
        "tick_size": f"{traded.tick:f}",
        "status": "online",
    }


def ticker(market: Market, now_ms: int) -> dict[str, Any]:
    """One entry of `Ticker`; pairs of numbers are for today and for the last 24 hours, the same here."""
    digits, quote, day = market.digits, market.quote(now_ms), market.day(now_ms)
    last = digits.price(market.source.price(now_ms))
    opened, high, low, volume = last, last, last, digits.amount(0)
    if len(day):
        opened, high, low = (digits.price(column[0]) for column in (day.open, day.high, day.low))
        volume = digits.amount(day.volume[0])
    average = f"{(float(opened) + float(high) + float(low) + float(last)) / 4:.{market.traded.price_digits}f}"
    amount = f"{quote.amount:f}"
    count = A_MINUTE * DAY_MS // MINUTE_MS
    return {
        "a": [f"{quote.ask:f}", "1", amount],
        "b": [f"{quote.bid:f}", "1", amount],
        "c": [last, f"{market.traded.lot:f}"],
        "v": [volume, volume],
        "p": [average, average],
        "t": [count, count],
        "l": [low, low],
        "h": [high, high],
        "o": opened,
    }


def rows(market: Market, candles: Candles, timeframe_ms: int) -> list[list[Any]]:
    """Rows of `OHLC`: [time s, open, high, low, close, average price, volume, trades]."""
    price, amount = market.digits.price, market.digits.amount
    count = A_MINUTE * timeframe_ms // MINUTE_MS
    shown = []
    for time, opened, high, low, close, volume in zip(*(c.tolist() for c in candles.columns()), strict=True):
        texts = [price(one) for one in (opened, high, low, close, (opened + high + low + close) // 4)]
        shown.append([time // 1000, *texts, amount(volume), count])
    return shown


def trades(market: Market, found: Trades) -> list[list[Any]]:
    """Rows of `Trades`: [price, volume, time s, side, kind, "", number]. Their times are cut, not rounded."""
    price, amount = market.digits.price, market.digits.amount
    return [
        [price(at), amount(lots), time_ns // _SHOWN_NS / 10_000, _SIDES[is_buy], "m" if number % 3 else "l", "", number]
        for number, time_ns, at, lots, is_buy in found.rows()
    ]


def instant(time_ns: int) -> str:
    """RFC 3339 with nanoseconds."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{time_ns % 10**9:09d}Z"


def candle(market: Market, candles: Candles, timeframe_ms: int) -> list[dict[str, Any]]:
    """The candles as the WebSocket's channel `ohlc` has them: numbers, and the instants in RFC 3339."""
    shown = []
    for row in rows(market, candles, timeframe_ms):
        begin_ns = row[0] * 10**9
        opened, high, low, close, average, volume = map(float, row[1:7])
        shown.append(
            {
                "symbol": names.symbol(market.traded),
                "open": opened,
                "high": high,
                "low": low,
                "close": close,
                "trades": row[7],
                "volume": volume,
                "vwap": average,
                "interval_begin": instant(begin_ns),
                "interval": timeframe_ms // MINUTE_MS,
                "timestamp": instant(begin_ns + timeframe_ms * 10**6)[:-4] + "Z",
            }
        )
    return shown


def stream_ticker(market: Market, now_ms: int) -> dict[str, Any]:
    """The market as the WebSocket's channel `ticker` has it."""
    shown = ticker(market, now_ms)
    number = {name: float(shown[name][1]) for name in "vplh"}
    last, opened = float(shown["c"][0]), float(shown["o"])
    return {
        "symbol": names.symbol(market.traded),
        "bid": float(shown["b"][0]),
        "bid_qty": float(shown["b"][2]),
        "ask": float(shown["a"][0]),
        "ask_qty": float(shown["a"][2]),
        "last": last,
        "volume": number["v"],
        "vwap": number["p"],
        "low": number["l"],
        "high": number["h"],
        "change": round(last - opened, market.traded.price_digits),
        "change_pct": round(100 * (last - opened) / opened, 2),
        "timestamp": instant(now_ms * 10**6),
    }
