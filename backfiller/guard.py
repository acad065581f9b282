"""The edge of every job: what an error means for the rest of the service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial

import structlog
from sqlalchemy import Connection

from backfiller.store import Store
from shared.candles import mark
from shared.candles.exchanges import stop_exchange
from shared.clock import now_us
from shared.errors import ChandlerError, ExchangeStoppedError, RepairError, StopError
from shared.market import Series

_TELL_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass
class Guard:
    """Runs jobs. `stop` ends the service: with a result when asked to, with a StopError when it can't go on."""

    store: Store
    series: frozenset[Series]
    stopped: dict[Series, str]
    stop: asyncio.Future[None]
    told: dict[tuple[Series, ...], float] = field(default_factory=dict)

    async def run(self, concerned: Sequence[Series], work: Callable[[], Awaitable[object]]) -> None:
        """Do a job that concerns these series; whatever it raises ends here."""
        if concerned and all(series in self.stopped for series in concerned):
            return
        try:
            await work()
        except StopError as error:
            self.end(error)
        except ChandlerError as error:
            if not concerned or not isinstance(error, RepairError):
                self._tell(concerned, error)
            elif isinstance(error, ExchangeStoppedError):
                await self._give_up_exchanges({series.exchange for series in concerned}, str(error))
            else:
                await self._give_up(concerned, str(error))
        except Exception:  # noqa: BLE001 - a job's edge: one job's mistake must not end the others
            _log.exception("a job failed", series=[str(series) for series in concerned])

    def end(self, error: Exception | None = None) -> None:
        """Have the service stop."""
        if self.stop.done():
            return
        if error is None:
            self.stop.set_result(None)
        else:
            self.stop.set_exception(error)

    async def resume(self, series: Series) -> None:
        """Go on with a stopped series: what stopped it is over."""
        if self.stopped.pop(series, None) is None:
            return
        _log.info("series goes on", series=str(series))
        await self._record(partial(mark, series=series, status="collecting", reason="", now_us=now_us()))

    def _tell(self, concerned: Sequence[Series], error: ChandlerError) -> None:
        """Log what is put off, once a minute: a job that runs every second fails every second."""
        now, key = time.monotonic(), tuple(concerned)
        if now - self.told.get(key, -_TELL_SECONDS) >= _TELL_SECONDS:
            self.told[key] = now
            _log.warning("put off", series=[str(series) for series in concerned], error=str(error))

    async def _give_up_exchanges(self, names: AbstractSet[str], reason: str) -> None:
        """Stop all series of exchanges that won't talk to us: whichever asks next would be told the same."""
        for name in names:
            await self._record(partial(stop_exchange, exchange=name, reason=reason, now_us=now_us()))
        await self._give_up(sorted(series for series in self.series if series.exchange in names), reason)

    async def _give_up(self, concerned: Sequence[Series], reason: str) -> None:
        """Stop collecting these series, and the service if none is left."""
        _log.error("series stopped", series=[str(series) for series in concerned], reason=reason)
        self.stopped.update(dict.fromkeys(concerned, reason))
        for series in concerned:
            await self._record(partial(mark, series=series, status="stopped", reason=reason, now_us=now_us()))
        if self.series <= self.stopped.keys():
            reasons = "; ".join(dict.fromkeys(self.stopped.values()))
            self.end(StopError(f"no series can be collected: {reasons}"))

    async def _record(self, work: Callable[[Connection], None]) -> None:
        try:
            await self.store.write(work)
        except ChandlerError as error:
            _log.warning("could not record a change of status", error=str(error))
