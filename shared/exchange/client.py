"""Opening an exchange, and the one way to ask it something."""

import asyncio
import difflib
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt

from shared.clock import boot_us, now_ms
from shared.config import ExchangeSettings
from shared.errors import ConfigError
from shared.exchange.errors import ThrottledError, explained, rubbish
from shared.exchange.quick import hasten

_BINANCE = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}


@dataclass
class Gate:
    """Shut for a while after the exchange has said "too many requests": a ban grows when it is ignored."""

    _opens: float = 0.0

    def shut(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._opens = max(self._opens, time.monotonic() + seconds)

    async def passed(self) -> None:
        """Return once requests are allowed."""
        while (wait := self._opens - time.monotonic()) > 0:  # noqa: ASYNC110 - it may be shut again meanwhile
            await asyncio.sleep(wait)


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
class Client:
    """An exchange: its name in our configuration, the ccxt client, and how far its clock is from ours."""

    name: str
    ccxt: Any
    clock: "Anchor" = field(default_factory=lambda: Anchor.taken(-1_000))
    gate: Gate = field(default_factory=Gate)

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

        ccxt parses what the exchange sent without looking: rubbish surfaces as Python's own errors.
        """
        await self.gate.passed()
        try:
            return await getattr(self.ccxt, method)(*arguments)
        except ccxt.BaseError as error:
            told = explained(error, self.name, what, self.ccxt.last_response_headers)
            if isinstance(told, ThrottledError):
                self.gate.shut(told.seconds)
            raise told from error
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise rubbish(error, self.name, what) from error

    async def close(self) -> None:
        """Give the connections back."""
        await self.ccxt.close()


def open_client(name: str, settings: ExchangeSettings) -> Client:
    """A client for the exchange; nothing is asked of it yet. ConfigError if ccxt does not know it."""
    wanted = settings.id or name
    if wanted not in ccxt.exchanges:
        near = ", ".join(difflib.get_close_matches(wanted, ccxt.exchanges)) or "see ccxt's list"
        key = f"exchanges.{name}.id" if settings.id else f"exchanges.{name}"
        raise ConfigError(f"{key}: ccxt knows no exchange {wanted!r} (did you mean: {near})")
    exchange = getattr(ccxt, wanted)(
        {
            "enableRateLimit": settings.rate_limit,
            "timeout": int(settings.timeout_seconds * 1000),
            "options": dict(_BINANCE) if wanted.startswith("binance") else {},
        }
    )
    hasten(exchange)
    if settings.url:
        exchange.urls["api"] = repointed(exchange.urls["api"], str(settings.url))
    return Client(name, exchange)


def repointed(urls: Any, target: str) -> Any:
    """The same tree of URLs with the scheme and host of `target`; http becomes ws where a URL was a WebSocket's."""
    if isinstance(urls, dict):
        return {key: repointed(value, target) for key, value in urls.items()}
    if isinstance(urls, list):
        return [repointed(value, target) for value in urls]
    if not isinstance(urls, str) or "://" not in urls:
        return urls
    old, new = urlsplit(urls), urlsplit(target)
    scheme = new.scheme.replace("http", "ws") if old.scheme in ("ws", "wss") else new.scheme
    return f"{scheme}://{new.netloc}{new.path.rstrip('/')}{old.path}" + (f"?{old.query}" if old.query else "")
