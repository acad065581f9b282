"""The command line, and the exchange it describes."""

import argparse
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from random import Random
from typing import Final

from simulator.account.account import Account
from simulator.clock import host_ms
from simulator.exchange import Credentials, Exchange
from simulator.faults import KINDS, fault_from
from simulator.market import replay
from simulator.market.instrument import Instrument, instrument
from simulator.market.market import Market
from simulator.market.rendering import FixedPoint, ShortestExact
from simulator.market.timeframe import DAY_MS, TIMEFRAMES, floor
from simulator.market.walk import Walk

DEFAULT_SYMBOLS: Final = "BTC/USDT,ETH/USDT,SOL/USDT,BNB/USDT"
_EPILOG: Final = "Faults (--fault kind=...,key=value,... and POST /control/faults):\n" + "\n".join(
    f"  {kind:16} {text}" for kind, text in KINDS.items()
)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        "python -m simulator",
        description="An exchange in a process, as Binance's spot API speaks, on random walks or a replayed file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    add("--port", type=int, default=8901, help="port to listen on; 0 takes a free one (default 8901)")
    add("--seed", type=int, default=7, help="what the walks and the faults' dice are drawn from (default 7)")
    add("--symbols", help=f"BASE/QUOTE, comma separated (default {DEFAULT_SYMBOLS}; with --replay none but its own)")
    add("--days", type=int, default=30, help="days of history at 1m and longer (default 30)")
    add("--seconds-days", type=int, default=2, help="days of history at 1s (default 2)")
    add("--spread-bps", type=Decimal, default=Decimal(2), help="between bid and ask, basis points (default 2)")
    add("--warm", action="store_true", help="render the walks' base timeframe before listening, as a replay always is")
    add("--outage", action="append", nargs=3, default=[], metavar=("SYMBOL", "START_MS", "END_MS"),
        help="no trade, hence no candle, from START to END; may be repeated")  # fmt: skip
    add("--fault", action="append", default=[], metavar="KEY=VALUE,...", help="see below; may be repeated")
    add(
        "--weight-limit",
        type=int,
        default=6000,
        help="request weight per address and minute, 0 for none (default 6000)",
    )
    account = options.add_argument_group("account")
    account.add_argument("--key", default="demo-key", help="API key (default demo-key; nothing real hangs on it)")
    account.add_argument("--secret", default="demo-secret", help="API secret (default demo-secret)")
    account.add_argument("--balance", action="append", metavar="ASSET=AMOUNT",
                         help="a starting balance; may be repeated (default USDT=10000)")  # fmt: skip
    account.add_argument("--fee", type=Decimal, default=Decimal("0.001"), help="of each fill (default 0.001)")
    file = options.add_argument_group("replay")
    file.add_argument("--replay", type=Path, metavar="FILE", help="serve a .parquet or .csv file of candles")
    file.add_argument("--symbol", default="BTC/USDT", help="whose candles they are (default BTC/USDT)")
    file.add_argument("--timeframe", default="1m", choices=TIMEFRAMES, help="their timeframe (default 1m)")
    file.add_argument("--shift-to-now", action="store_true",
                      help="play its last days (of a short file the second half) from now on")  # fmt: skip
    file.add_argument("--live-from", type=int, metavar="MS", help="with --shift-to-now: the file's time that is now")
    return options


def exchange_from(given: argparse.Namespace) -> Exchange:
    """The exchange that the options describe; ValueError (or OSError for the file) says what is wrong with them."""
    now_ms = host_ms()
    markets = _markets(given, now_ms)
    for symbol, start, end in given.outage:
        if symbol.replace("/", "") not in markets:
            raise ValueError(f"--outage {symbol}: no such symbol; there are {', '.join(markets)}")
        markets[symbol.replace("/", "")].outage(int(start), int(end))
    exchange = Exchange(
        markets=markets,
        account=Account(_deposits(given.balance or ["USDT=10000"]), given.fee),
        credentials=Credentials(given.key, given.secret),
        random=Random(given.seed),  # noqa: S311  dice for faults
        weight_limit=given.weight_limit,
        faults=tuple(fault_from(_pairs(text), now_ms) for text in given.fault),
    )
    for market in markets.values() if given.warm or given.replay else ():
        exchange.pages.warm(market, market.source.base_ms, now_ms)
    return exchange


def _markets(given: argparse.Namespace, now_ms: int) -> dict[str, Market]:
    pairs = given.symbols or ("" if given.replay else DEFAULT_SYMBOLS)
    day_ms = floor(now_ms, DAY_MS)
    since_ms, seconds_since_ms = day_ms - given.days * DAY_MS, day_ms - given.seconds_days * DAY_MS
    markets = {}
    for pair in filter(None, pairs.split(",")):
        traded = instrument(pair, given.seed)
        walk = Walk(traded, given.seed, since_ms, max(since_ms, seconds_since_ms))
        markets[traded.symbol] = Market(traded, walk, FixedPoint(traded), given.spread_bps)
    if given.replay:
        traded = instrument(given.symbol, given.seed)
        markets[traded.symbol] = _replayed(given, traded, now_ms)
    return markets


def _replayed(given: argparse.Namespace, traded: Instrument, now_ms: int) -> Market:
    candles, timeframe_ms = replay.read(given.replay), TIMEFRAMES[given.timeframe]
    if given.shift_to_now and len(candles):
        candles = replay.shift_to(candles, timeframe_ms, now_ms, given.live_from)
    return Market(traded, replay.Replay(candles, timeframe_ms), ShortestExact(), given.spread_bps)


def _deposits(texts: Sequence[str]) -> dict[str, Decimal]:
    deposits = {}
    for text in texts:
        asset, _, amount = text.partition("=")
        try:
            deposits[asset.upper()] = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"--balance {text}: expected ASSET=AMOUNT, as USDT=10000") from None
    return deposits


def _pairs(text: str) -> dict[str, str]:
    """key=value,key=value as a mapping."""
    return {key: value for key, _, value in (part.partition("=") for part in text.split(","))}
