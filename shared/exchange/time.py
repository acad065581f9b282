"""The exchange's clock: which candle is closed is for the exchange to say, not for this host."""

import ccxt.async_support as ccxt

from shared.clock import boot_us, now_ms
from shared.errors import RetryError
from shared.exchange.client import Anchor, Client

_SAMPLES = 3

#: An answer that is further ahead of the middle one is none: a clock ahead would close candles that are open.
_ASTRAY_MS = 10_000
_UNKNOWN_MS = -1_000


async def measure_clock(client: Client) -> int:
    """Set `client.clock`, so that `client.now()` is as late as can be but never ahead; returns ms ahead of this host.

    When its answer is here, the exchange's time is at least what the answer says; how much later depends on the
    way back. An exchange without a clock to ask is taken to be up to a second behind this host.
    """
    if not client.has("fetchTime"):
        client.clock = Anchor.taken(_UNKNOWN_MS)
        return _UNKNOWN_MS
    bounds = []
    for _ in range(_SAMPLES):
        server = await client.ask("its time", "fetch_time")
        if not isinstance(server, int):
            raise RetryError(f"{client.name}: its answer to what time it is holds no time; trying again")
        bounds.append(Anchor(server, boot_us()))
    moment = boot_us()
    middle = sorted(anchor.at(moment) for anchor in bounds)[_SAMPLES // 2]
    sane = [anchor for anchor in bounds if anchor.at(moment) <= middle + _ASTRAY_MS]
    client.clock = max(sane, key=lambda anchor: anchor.at(moment))
    return client.now() - now_ms()


def blames_clock(error: BaseException | None) -> bool:
    """Whether the exchange refused a request for its time: its clock or ours has been set since it was measured."""
    while error is not None:
        if isinstance(error, ccxt.InvalidNonce) or "recvWindow" in str(error):
            return True
        error = error.__cause__
    return False
