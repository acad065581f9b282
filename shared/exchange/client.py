"""The one way to ask an exchange something."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import ccxt.async_support as ccxt

from shared.clock import boot_us, now_ms
from shared.errors import ChandlerError
from shared.exchange.budget import Budget
from shared.exchange.errors import cooldown, explained, rubbish
from shared.exchange.gate import Gate, OwnGate
from shared.exchange.usage import read_usage

_LOOK_AGAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Anchor:
    """The exchange's time at one moment of the boot clock.

    It runs on with the boot clock: this host's wall clock may step, and a candle that is still open there must not
    count as closed because of it.
    """

    exchange_ms: int
    boot_us: int

    @classmethod
    def taken(cls, offset_ms: int) -> "Anchor":
        """Now, for an exchange that is `offset_ms` ahead of this host's wall clock."""
        return cls(now_ms() + offset_ms, boot_us())

    def at(self, boot_us: int) -> int:
        """The exchange's time (ms) at a moment of the boot clock."""
        return self.exchange_ms + (boot_us - self.boot_us) // 1_000


@dataclass
class Call:
    """One question while it is being asked, which may take several requests: what is known of the last answer."""

    what: str
    in_flight: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


#: ccxt's hooks learn from it whose request it is: many are in flight at once on one client.
_call: ContextVar[Call | None] = ContextVar("call", default=None)


@dataclass
class Client:
    """An exchange: its name in our configuration, the ccxt client, how far its clock is from ours, and when to ask.

    `budget` says when a request may leave, `share` how much of the exchange's limit is ours, `gate` is shut while the
    exchange wants no requests at all.
    """

    name: str
    ccxt: Any
    clock: "Anchor" = field(default_factory=lambda: Anchor.taken(-1_000))
    gate: Gate = field(default_factory=OwnGate)
    budget: Budget = field(default_factory=lambda: Budget(float("inf")))
    share: float = 1.0
    connections: int = 0
    _in_flight: float = 0.0
    _repeated: int = 0

    @property
    def id(self) -> str:
        """The name ccxt knows it by."""
        return str(self.ccxt.id)

    def now(self) -> int:
        """The exchange's time in ms; never ahead of it (see `measure_clock`)."""
        return self.clock.at(boot_us())

    def has(self, ability: str) -> bool:
        """Whether the exchange offers something itself, `fetchTickers` for example; emulation does not count."""
        return self.ccxt.has.get(ability) is True

    async def ask(self, what: str, method: str, *arguments: Any) -> Any:
        """Call a ccxt method; whatever goes wrong comes out as one of our errors.

        ccxt parses what the exchange sent without looking: rubbish surfaces as Python's own errors, or as an empty
        result, which must not be taken for "nothing there". Requests for the
        same `what` stand in one line of the budget.
        """
        call = Call(what)
        token = _call.set(call)
        try:
            result = await getattr(self.ccxt, method)(*arguments)
        except ccxt.BaseError as error:
            raise self._told(error, call) from error
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise rubbish(error, self.name, what, call.body) from error
        finally:
            _call.reset(token)
            self._answered(call)
        # By ccxt's own reading, which gives nothing where it fails: numbers of many digits are too much for it.
        if not result and call.headers and self.ccxt.parse_json(call.body) is None:
            raise rubbish(ValueError("no JSON"), self.name, what, call.body)
        self._repeated = 0
        return result

    async def passed(self) -> None:
        """Return once the gate is open."""
        while (left := self.gate.left()) > 0:  # noqa: ASYNC110 - it may be shut again meanwhile, by another process
            await asyncio.sleep(min(left, _LOOK_AGAIN_SECONDS))

    def govern(self) -> None:
        """Have ccxt ask here before each request it sends, and show here each answer it gets."""
        self.ccxt.throttle = self._before_request
        show = self.ccxt.on_rest_response

        def shown(code: int, reason: str, url: str, method: str, headers: Any, body: str, *rest: Any) -> Any:
            self._after_answer(headers, body)
            return show(code, reason, url, method, headers, body, *rest)

        self.ccxt.on_rest_response = shown

    async def close(self) -> None:
        """Give the connections back."""
        await self.ccxt.close()

    async def _before_request(self, cost: float | None = None) -> None:
        """The last thing before a request leaves: its turn has come, and then the gate is found open."""
        call, spent = _call.get(), 1.0 if cost is None else float(cost)
        while True:
            await self.budget.turn(spent, call.what if call else "")
            if self.gate.left() <= 0:
                break
            self.budget.give_back(spent)
            await self.passed()
        self._in_flight += spent
        if call:
            call.in_flight += spent

    def _after_answer(self, headers: Mapping[str, str], body: str) -> None:
        if call := _call.get():
            call.headers, call.body = headers, body
            self._answered(call)
        if left := read_usage(self.id, headers, self.share, self.now()):
            self.budget.slow(left.cost - self._in_flight, left.seconds)

    def _answered(self, call: Call) -> None:
        self._in_flight -= call.in_flight
        call.in_flight = 0.0

    def _told(self, error: Exception, call: Call) -> ChandlerError:
        """The error as ours. Several requests that fail together are one repetition."""
        seconds = cooldown(error, call.headers, self.now(), self._repeated)
        if seconds is None:
            return explained(error, self.name, call.what, call.body)
        told = explained(error, self.name, call.what, call.body, seconds)
        if self.gate.left() <= 0:
            self._repeated += 1
        self.gate.shut(seconds, str(told))
        return told
