"""The parts of one running exchange, put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from simulator.accesslog import AccessLog
from simulator.account.account import Account
from simulator.clock import host_ms
from simulator.errors import ApiError, missing
from simulator.faults import REQUEST_KINDS, Fault, Verdict, clock_offset_ms, decide, publication, standing
from simulator.market.instrument import Instrument
from simulator.market.market import Market
from simulator.market.pages import Pages
from simulator.market.revisions import Publication, Revisions
from simulator.market.timeframe import TIMEFRAMES


@dataclass(frozen=True, slots=True)
class Credentials:
    key: str
    secret: str = field(repr=False)


@dataclass(eq=False, slots=True)
class Exchange:
    """`markets` is keyed by base and quote without anything between them; `weight_limit` is per address and minute.

    `spellings` gives the names by which this exchange's clients know an instrument; each is answered to.
    """

    markets: Mapping[str, Market]
    account: Account
    credentials: Credentials
    random: Random
    weight_limit: int
    faults: tuple[Fault, ...] = ()
    revisions: Revisions = field(default_factory=Revisions)
    pages: Pages = field(init=False)
    log: AccessLog = field(default_factory=AccessLog)
    spellings: Callable[[Instrument], tuple[str, ...]] = lambda traded: (traded.symbol,)
    delisted: set[str] = field(default_factory=set)
    _named: dict[str, Market] = field(init=False)

    def __post_init__(self) -> None:
        self.pages = Pages(self.revisions)
        self._named = {name: m for m in self.markets.values() for name in self.spellings(m.traded)}

    def now_ms(self) -> int:
        """The exchange's own clock."""
        host = host_ms()
        return host + clock_offset_ms(self.faults, host)

    def publication(self) -> Publication:
        return publication(self.faults, host_ms())

    def suffers(self, kind: str) -> Fault | None:
        """The fault of this kind that stands now."""
        return standing(self.faults, kind, host_ms())

    def judge(self, path: str, kinds: Mapping[str, str] = REQUEST_KINDS) -> Verdict:
        verdict, self.faults = decide(self.faults, path, host_ms(), self.random.random, kinds)
        return verdict

    def listed(self) -> list[Market]:
        """The markets that a client can see."""
        return [market for name, market in self.markets.items() if name not in self.delisted]

    def market(self, symbol: str | None) -> Market:
        """The market of a symbol as a client spells it; -1121 if there is none."""
        if not symbol:
            raise missing("symbol")
        found = self._named.get(symbol)
        if found is None or found.traded.symbol in self.delisted:
            raise ApiError(-1121, "Invalid symbol.")
        return found

    def any_market(self, symbol: str) -> Market:
        """The market of a symbol in any spelling, this exchange's or BASE/QUOTE, delisted or not; -1121 if none."""
        found = self.markets.get(symbol.replace("/", "").replace("-", "")) or self._named.get(symbol)
        if found is None:
            raise ApiError(-1121, "Invalid symbol.")
        return found

    def timeframe_ms(self, market: Market, name: str | None) -> int:
        """The length of a timeframe that the market has; -1120 if it has not."""
        if not name:
            raise missing("interval")
        if name not in market.timeframes():
            raise ApiError(-1120, "Invalid interval.")
        return TIMEFRAMES[name]
