"""Opening an exchange: which one, where it is, and within which limits it may be asked."""

import difflib
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt

from shared.config import ExchangeSettings
from shared.errors import ConfigError
from shared.exchange.budget import Budget
from shared.exchange.client import Client
from shared.exchange.gate import Gate, OwnGate
from shared.exchange.guard import guard
from shared.exchange.quick import hasten
from shared.exchange.usage import counts_minutes

_BINANCE = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}

#: Exchanges without a stream of candles; no need to load ccxt's streams for them.
_WITHOUT_STREAM = frozenset({"coinbase"})

#: How long ccxt lets connections end when it is closed: as long as the two ways take, not its own 250 ms.
_CLOSING_MS = 50

#: What a stream keeps of each series in memory: more than can come between two looks at it.
_STREAM_CANDLES = 100


def open_client(
    name: str, settings: ExchangeSettings, gate: Gate | None = None, *, streaming: bool = False, trading: bool = False
) -> Client:
    """A client for the exchange; nothing is asked of it yet. ConfigError if ccxt does not know it.

    Without a gate it has one of its own, of which no other process knows. `streaming` is for `watch_candles` and
    `watch_tickers`: it takes 33 MB more. Only one for `trading` gets the keys; its numbers stay texts, and what it
    sends can be held back (`shared.exchange.guard`).
    """
    wanted = settings.id or name
    if wanted not in ccxt.exchanges:
        near = ", ".join(difflib.get_close_matches(wanted, ccxt.exchanges)) or "see ccxt's list"
        key = f"exchanges.{name}.id" if settings.id else f"exchanges.{name}"
        raise ConfigError(f"{key}: ccxt knows no exchange {wanted!r} (did you mean: {near})")
    options: dict[str, Any] = dict(_BINANCE) if wanted.startswith("binance") else {}
    exchange = getattr(_dialects(wanted, streaming=streaming), wanted)(
        {
            # Always: otherwise ccxt would not ask us before it sends.
            "enableRateLimit": True,
            "timeout": int(settings.timeout_seconds * 1000),
            "options": options | {"OHLCVLimit": _STREAM_CANDLES},
            **(_keys(name, settings) if trading else {}),
        }
    )
    hasten(exchange)
    exchange.timeout_on_exit = _CLOSING_MS
    if settings.sandbox:
        _enter_sandbox(name, exchange)
    if trading:
        guard(exchange)
    if settings.url:
        exchange.urls["api"] = repointed(exchange.urls["api"], str(settings.url))
    client = Client(name, exchange, gate=gate or OwnGate(), budget=_budget(exchange, settings))
    client.share = settings.rate_share
    client.govern()
    return client


def _keys(name: str, settings: ExchangeSettings) -> dict[str, Any]:
    if settings.key is None or settings.secret is None:
        raise ConfigError(
            f"exchanges.{name}: trading live takes a key; set CHANDLER_EXCHANGES__{name.upper()}__KEY_FILE and"
            f" CHANDLER_EXCHANGES__{name.upper()}__SECRET_FILE, or exchanges.{name}.key and .secret"
        )
    # Numbers as they were written: floats would lose digits, and with Decimal ccxt loses the fees.
    password = settings.password.get_secret_value() if settings.password else None
    given = {"apiKey": settings.key.get_secret_value(), "secret": settings.secret.get_secret_value()}
    return {**given, **({"password": password} if password else {}), "number": str}


def _enter_sandbox(name: str, exchange: Any) -> None:
    """Before the addresses are changed: it replaces them all."""
    if exchange.has.get("sandbox") is not True or not exchange.urls.get("test"):
        raise ConfigError(f"exchanges.{name}.sandbox: {exchange.id} has none; leave it out")
    exchange.set_sandbox_mode(True)


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


def _dialects(wanted: str, *, streaming: bool) -> Any:
    pro = import_module("ccxt.pro") if streaming and wanted not in _WITHOUT_STREAM else None
    return pro if pro and wanted in pro.exchanges else ccxt


def _budget(exchange: Any, settings: ExchangeSettings) -> Budget:
    """ccxt says how long a request of cost 1 takes; our share of that rate is ours."""
    if not settings.rate_limit or not exchange.rateLimit:
        return Budget(float("inf"))
    window = 60.0 if counts_minutes(exchange.id) else 1.0
    return Budget(1000 / exchange.rateLimit * settings.rate_share, window)
