"""What goes wrong on request: a fault is a value, and what it does to a request is a pure function of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from simulator.market.revisions import Publication

REQUEST_KINDS: Final = {
    "rate_limit": "429 with Retry-After, or as the exchange says it (Kraken: an error in a 200)",
    "ban": "418 with Retry-After (or as the exchange says it); each request that ignores it makes it longer",
    "server_error": "the 5xx of `status`; if it is left out what the exchange says when it is down",
    "drop": "the connection is cut and the request is not carried out",
    "lost_reply": "the request is carried out and the connection is cut instead of an answer",
    "latency": "the answer comes `ms` later",
    "truncated": "200 with the first half of the JSON",
    "garbage": "200 with something that is no JSON",
}
PAGE_KINDS: Final = {
    "wrong_symbol": "a page of candles is another market's",
    "off_grid": "a page of candles opens 1.5 s beside the grid",
    "unordered": "a page of candles comes in another order",
    "bad_rows": "some rows of a page of candles are nonsense: high under low, zero, NaN, s for ms, other values twice",
}
FILE_KINDS: Final = {"checksum": "a bulk file's checksum is another file's"}
STANDING_KINDS: Final = {
    "websocket_close": "every WebSocket is closed, once or for as long as `seconds` says",
    "clock_offset": "the exchange's clock is `ms` ahead (or behind, if negative)",
    "late_candles": "a closed candle is published `ms` after its close",
    "revised_candles": "the `share` of candles is first published provisionally and revised `ms` after its close",
}
ORDER_KINDS: Final = {
    "partial": "of a new order that crosses only half is filled; the rest of one at the market expires",
    "twice": "an order's fills are listed twice",
    "shuffled": "fills are listed in another order",
    "late_fills": "a fill is listed, also in the answer to its order, `ms` after it was made",
    "may_withdraw": "the key may withdraw",
}
KINDS: Final = {**REQUEST_KINDS, **PAGE_KINDS, **FILE_KINDS, **STANDING_KINDS, **ORDER_KINDS}
WHOLE: Final = ("lost_reply", "truncated", "garbage", *PAGE_KINDS, *FILE_KINDS)  # the request itself is carried out
LONGEST_BAN_S: Final = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Fault:
    """`paths` is a part of the paths it applies to (all if empty); `share` its probability per request.

    It ends after `seconds` or after `count` times, whichever comes first; without both it stays until cleared.
    """

    kind: str
    paths: str = ""
    share: float = 1.0
    seconds: float | None = None
    count: int | None = None
    status: int = 0
    ms: int = 0
    until_ms: int | None = None
    ignored: int = 0

    def active(self, now_ms: int) -> bool:
        return self.count != 0 and (self.until_ms is None or now_ms < self.until_ms)

    def retry_after_s(self, now_ms: int) -> int:
        """Whole seconds, at least 1, until the fault is over."""
        return max(1, -(-(self.until_ms - now_ms) // 1000)) if self.until_ms is not None else 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done to one request: wait `delay_ms`, then suffer `fault`."""

    delay_ms: int = 0
    fault: Fault | None = None

    @property
    def name(self) -> str | None:
        return self.fault.kind if self.fault else ("latency" if self.delay_ms else None)


def fault_from(given: Mapping[str, Any], now_ms: int) -> Fault:
    """A fault out of JSON or of `key=value` texts; ValueError says which key is wrong and what was expected."""
    allowed = {field.name: field for field in fields(Fault) if field.name not in ("until_ms", "ignored")}
    if unknown := set(given) - set(allowed):
        raise ValueError(f"unknown key {min(unknown)!r} in a fault; known are {', '.join(allowed)}")
    if given.get("kind") not in KINDS:
        raise ValueError(f"unknown fault {given.get('kind')!r}; known are {', '.join(KINDS)}")
    numbers: dict[str, Callable[[Any], float]] = {
        "share": float, "seconds": float, "count": int, "status": int, "ms": int,
    }  # fmt: skip
    try:
        typed = {key: numbers.get(key, str)(value) for key, value in given.items() if value is not None}
    except (TypeError, ValueError) as error:
        raise ValueError(f"a fault's share, seconds, count, status and ms are numbers: {error}") from error
    fault = Fault(**typed)  # type: ignore[arg-type]  # each key was just given its own type
    if fault.kind == "ban" and fault.seconds is None:
        fault = replace(fault, seconds=120.0)
    return fault if fault.seconds is None else replace(fault, until_ms=now_ms + round(fault.seconds * 1000))


def decide(
    faults: Sequence[Fault],
    path: str,
    now_ms: int,
    roll: Callable[[], float],
    kinds: Collection[str] = tuple(REQUEST_KINDS),
) -> tuple[Verdict, tuple[Fault, ...]]:
    """The verdict on a request, and the faults as they stand after it.

    Latencies add up; of the others the first that is drawn applies. `roll` gives numbers in [0, 1); `kinds` are
    those that a request for this path can suffer.
    """
    delay_ms, suffered, after = 0, None, []
    for fault in faults:
        if not fault.active(now_ms):
            continue
        meant = fault.kind in kinds and fault.paths in path
        if not meant or (suffered and fault.kind != "latency") or roll() >= fault.share:
            after.append(fault)
            continue
        if fault.kind == "latency":
            delay_ms += fault.ms
        else:
            suffered = _lengthened(fault, now_ms)
        after.append(_used(suffered if suffered and fault.kind != "latency" else fault))
    return Verdict(delay_ms, suffered), tuple(after)


def clock_offset_ms(faults: Sequence[Fault], now_ms: int) -> int:
    return sum(fault.ms for fault in faults if fault.kind == "clock_offset" and fault.active(now_ms))


def publication(faults: Sequence[Fault], now_ms: int) -> Publication:
    """How the newest candles come out under these faults."""
    active = [fault for fault in faults if fault.active(now_ms)]
    late = max((fault.ms for fault in active if fault.kind == "late_candles"), default=0)
    revised = [fault for fault in active if fault.kind == "revised_candles"]
    settle = max((fault.ms for fault in revised), default=0)
    return Publication(late, settle, max((fault.share for fault in revised), default=0.0))


def closes_websockets(faults: Sequence[Fault], now_ms: int) -> bool:
    return any(fault.kind == "websocket_close" and fault.active(now_ms) for fault in faults)


def standing(faults: Sequence[Fault], kind: str, now_ms: int) -> Fault | None:
    """The first active fault of a kind that is no request's but the exchange's."""
    return next((fault for fault in faults if fault.kind == kind and fault.active(now_ms)), None)


def _used(fault: Fault) -> Fault:
    return fault if fault.count is None else replace(fault, count=fault.count - 1)


def _lengthened(fault: Fault, now_ms: int) -> Fault:
    """A ban after one more request: the first is told of it, the n-th after that makes it n lengths from now."""
    if fault.kind != "ban" or fault.seconds is None or fault.until_ms is None:
        return fault
    length_s = min(fault.seconds * fault.ignored, LONGEST_BAN_S)
    until_ms = max(fault.until_ms, now_ms + round(length_s * 1000))
    return replace(fault, ignored=fault.ignored + 1, until_ms=until_ms)
