"""The parts of one running exchange, put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from simulator.accesslog import AccessLog
from simulator.account.account import Account
from simulator.clock import host_ms
from simulator.errors import ApiError, missing
from simulator.faults import Fault, Verdict, clock_offset_ms, decide, publication
from simulator.limits import Refusal, Usage, charge
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
    """`markets` is keyed by the exchange's spelling of the symbol; `weight_limit` is per address and minute."""

    markets: Mapping[str, Market]
    account: Account
    credentials: Credentials
    random: Random
    weight_limit: int
    faults: tuple[Fault, ...] = ()
    revisions: Revisions = field(default_factory=Revisions)
    pages: Pages = field(init=False)
    log: AccessLog = field(default_factory=AccessLog)
    usage: dict[str, Usage] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pages = Pages(self.revisions)

    def now_ms(self) -> int:
        """The exchange's own clock."""
        host = host_ms()
        return host + clock_offset_ms(self.faults, host)

    def publication(self) -> Publication:
        return publication(self.faults, host_ms())

    def judge(self, path: str) -> Verdict:
        verdict, self.faults = decide(self.faults, path, host_ms(), self.random.random)
        return verdict

    def charge(self, address: str, cost: int) -> Refusal | None:
        usage, refusal = charge(self.usage.get(address, Usage()), cost, self.weight_limit, host_ms())
        self.usage[address] = usage
        return refusal

    def market(self, symbol: str | None) -> Market:
        """The market of a symbol as a client spells it; -1121 if there is none."""
        if not symbol:
            raise missing("symbol")
        found = self.markets.get(symbol)
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
