"""The command line, and the exchange it describes."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from random import Random
from typing import Final

from simulator.account.account import Account
from simulator.api.dialect import Dialect
from simulator.binance import Binance
from simulator.clock import host_ms
from simulator.coinbase import Coinbase
from simulator.coinbase.public import product_id
from simulator.exchange import Credentials, Exchange
from simulator.faults import KINDS, fault_from
from simulator.kraken import Kraken
from simulator.kraken.names import spellings as kraken_spellings
from simulator.market import replay
from simulator.market.instrument import Instrument, instrument
from simulator.market.market import Market
from simulator.market.rendering import FixedPoint, ShortestExact
from simulator.market.timeframe import DAY_MS, TIMEFRAMES, floor
from simulator.market.trades import Traded
from simulator.market.walk import Walk


@dataclass(frozen=True, slots=True)
class Spoken:
    """One dialect: what makes it, its names for an instrument, and what it takes when nothing is said."""

    made: Callable[[Exchange], Dialect]
    spellings: Callable[[Instrument], tuple[str, ...]]
    symbols: str
    weight_limit: int


DIALECTS: Final = {
    "binance": Spoken(Binance, lambda traded: (traded.symbol,), "BTC/USDT,ETH/USDT,SOL/USDT,BNB/USDT", 6000),
    "kraken": Spoken(Kraken, kraken_spellings, "BTC/USD,ETH/USD,SOL/USD,ADA/USD", 60),
    "coinbase": Spoken(Coinbase, lambda traded: (product_id(traded),), "BTC/USD,ETH/USD,SOL/USD,ADA/USD", 600),
}
_FAULTS: Final = "Faults (--fault kind=...,key=value,... and POST /control/faults):\n" + "\n".join(
    f"  {kind:16} {text}" for kind, text in KINDS.items()
)
_CONTROL: Final = """

Control (JSON; a symbol is written BASE/QUOTE or as the exchange does; times in ms):
  GET, POST, DELETE /control/faults          what is wrong now; add a fault; clear all
  POST /control/outage                       {"symbol", "start", "end"}: nothing traded in [start, end)
  POST /control/revise                       {"symbol", "timeframe", "timestamp" or "bars_ago", "close", "volume"}
  POST /control/delist                       {"symbol"}: unknown from now on
  POST /control/relist                       {"symbol"}: known again
  POST /control/usage                        {"used"}: another program's use of the limit, from the same address
  GET  /control/log?since=N&limit=M          the requests after the Nth
  GET  /control/truth?symbol=&timeframe=&start=&end=   the closed candles in [start, end)
"""


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        "python -m simulator",
        description="An exchange in a process (Binance, Kraken or Coinbase) on random walks or a replayed file.",
        epilog=_FAULTS + _CONTROL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = options.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    add("--port", type=int, default=8901, help="port to listen on; 0 takes a free one (default 8901)")
    add("--dialect", default="binance", choices=DIALECTS, help="whose API it speaks (default binance)")
    add("--seed", type=int, default=7, help="what the walks and the faults' dice are drawn from (default 7)")
    add("--symbols", help="BASE/QUOTE, comma separated (default four of them; with --replay none but its own)")
    add("--days", type=int, default=30, help="days of history at 1m and longer (default 30)")
    add("--seconds-days", type=int, default=2, help="days of history at 1s (default 2)")
    add("--spread-bps", type=Decimal, default=Decimal(2), help="between bid and ask, basis points (default 2)")
    add(
        "--warm",
        action="store_true",
        help="render the walks' base timeframe before listening, as a replay always is (binance)",
    )
    add("--outage", action="append", nargs=3, default=[], metavar=("SYMBOL", "START_MS", "END_MS"),
        help="no trade, hence no candle, from START to END; may be repeated")  # fmt: skip
    add("--listed", action="append", default=[], metavar="SYMBOL=YYYY-MM-DD",
        help="the day a walk's history begins, instead of --days ago; may be repeated")  # fmt: skip
    add("--thin", action="append", default=[], metavar="SYMBOL=SHARE",
        help="the share of its minutes in which a symbol trades (kraken and coinbase); may be repeated")  # fmt: skip
    add("--fault", action="append", default=[], metavar="KEY=VALUE,...", help="see below; may be repeated")
    add(
        "--weight-limit",
        type=int,
        help="what an address may ask for in a minute, 0 for no limit: Binance's request weight (default 6000), "
        "calls per pair for Kraken (60), calls for Coinbase (600)",
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
    if given.dialect == "binance" and given.thin:
        raise ValueError("--thin: Binance has a candle for every minute; use kraken or coinbase")
    if given.dialect != "binance" and given.replay:
        raise ValueError("--replay: a replayed file has no trades, which this dialect shows; use binance")
    markets = _markets(given, now_ms)
    for symbol, start, end in given.outage:
        if symbol.replace("/", "") not in markets:
            raise ValueError(f"--outage {symbol}: no such symbol; there are {', '.join(markets)}")
        markets[symbol.replace("/", "")].outage(int(start), int(end))
    spoken = DIALECTS[given.dialect]
    exchange = Exchange(
        markets=markets,
        account=Account(_deposits(given.balance or ["USDT=10000"]), given.fee),
        credentials=Credentials(given.key, given.secret),
        random=Random(given.seed),  # noqa: S311  dice for faults
        weight_limit=spoken.weight_limit if given.weight_limit is None else given.weight_limit,
        faults=tuple(fault_from(_pairs(text), now_ms) for text in given.fault),
        spellings=spoken.spellings,
    )
    for market in markets.values() if given.dialect == "binance" and (given.warm or given.replay) else ():
        exchange.pages.warm(market, market.source.base_ms, now_ms)
    return exchange


def _markets(given: argparse.Namespace, now_ms: int) -> dict[str, Market]:
    pairs = given.symbols or ("" if given.replay else DIALECTS[given.dialect].symbols)
    traded = [instrument(pair, given.seed) for pair in filter(None, pairs.split(","))]
    listed, thin = (_by_symbol(name, getattr(given, name), traded) for name in ("listed", "thin"))
    day_ms = floor(now_ms, DAY_MS)
    seconds_since_ms = day_ms - given.seconds_days * DAY_MS
    markets = {}
    for one in traded:
        since_ms = _day_ms(listed[one.symbol]) if one.symbol in listed else day_ms - given.days * DAY_MS
        walk = Walk(one, given.seed, since_ms, max(since_ms, seconds_since_ms))
        source = walk if given.dialect == "binance" else Traded(walk, _share(thin.get(one.symbol, "1")))
        markets[one.symbol] = Market(one, source, FixedPoint(one), given.spread_bps)
    if given.replay:
        file = instrument(given.symbol, given.seed)
        markets[file.symbol] = _replayed(given, file, now_ms)
    return markets


def _by_symbol(option: str, texts: Sequence[str], traded: Sequence[Instrument]) -> dict[str, str]:
    """SYMBOL=VALUE texts by symbol."""
    found = {}
    for text in texts:
        pair, _, value = text.partition("=")
        symbol = pair.replace("/", "").upper()
        if symbol not in {one.symbol for one in traded}:
            raise ValueError(f"--{option} {text}: no such symbol; there are {', '.join(one.symbol for one in traded)}")
        found[symbol] = value
    return found


def _day_ms(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        raise ValueError(f"--listed ...={text}: a day is written YYYY-MM-DD, as 2024-03-01") from None


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ValueError(f"--thin ...={text}: a share is a number over 0 and up to 1, as 0.3")
    return share


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
