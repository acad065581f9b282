"""Long history from the files that an exchange publishes: each a whole month or day, with a checksum beside it.

What a file holds is validated and stored like a page, and makes known its own candles. The rest is left to REST:
what is not published, what arrives damaged, what a file lacks.
"""

import time
from bisect import bisect_left
from functools import partial
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO

import aiohttp
import structlog
from sqlalchemy import Connection

from backfiller import plan
from backfiller.bulk_file import AbsentError, DamagedError, chunks, download
from backfiller.insist import insist
from backfiller.proof import doubtful
from backfiller.published import Published, Publisher, published, runs
from backfiller.source import Source
from shared.candles import put_away, store_page
from shared.clock import now_us
from shared.exchange import market_id
from shared.market import Interval, Page, Series, accept

_PATIENCE = aiohttp.ClientTimeout(total=600, sock_connect=10, sock_read=30)
_ATTEMPTS = 2

_log = structlog.get_logger()


async def take_files(source: Source, wanted: plan.Wanted) -> None:
    """Store what published files hold of a series' gaps, oldest first; nothing where nobody publishes any."""
    series, publisher, now = wanted.series, source.publisher, source.client.now()
    if publisher is None or series in source.stopped:
        return
    known = source.known(series)
    gaps = plan.gaps(wanted, known, now, source.settle_ms)
    files = published(series, market_id(source.client, series.symbol), gaps, now, source.page)
    if not any(publisher.offers(file.name, time.monotonic()) for file in files):
        return
    source.progress.expect(series, known, gaps)
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        for file in files:
            async with publisher.turns:
                if series not in source.stopped and publisher.offers(file.name, time.monotonic()):
                    await _take(source, publisher, session, series, file)


async def _take(
    source: Source, publisher: Publisher, session: aiohttp.ClientSession, series: Series, file: Published
) -> None:
    """Store one file; if that fails it is REST's for an hour, and so are all others if the publisher is away."""
    left = file.name
    for _ in range(_ATTEMPTS):
        try:
            with TemporaryFile() as place:
                await download(session, f"{publisher.url}/{file.path}", place)
                await _keep(source, series, file, place)
        except AbsentError:
            break
        except (DamagedError, aiohttp.ClientPayloadError) as error:
            _log.error("a published file is damaged", file=file.name, error=str(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("published files can't be had, asking REST", file=file.name, error=repr(error))
            left = Publisher.ALL
            break
        else:
            return
    publisher.leave(left, time.monotonic())


async def _keep(source: Source, series: Series, file: Published, place: IO[bytes]) -> None:
    """Store a file's rows as they are read: so many at a time as a page of REST has, which needs no thread either."""
    for rows in chunks(place):
        page = accept(rows, series, file.part, source.client.now())
        known = runs(page.candles, doubtful(page.refused, series.step) or (), series.step)
        write = partial(_write, series=series, page=page, known=known)
        inserted = await insist(partial(source.store.write_unhurried, write, source.pause_seconds), source.attempts)
        for part in known:
            source.progress.note(series, part, 0, history=True)
        source.progress.stored += inserted


def _write(connection: Connection, series: Series, page: Page, known: list[Interval]) -> int:
    """One transaction: the candles that are known now, that they are, and what was refused."""
    received, inserted, refused = now_us(), 0, len(page.refused)
    for part in known or [Interval(0, 0)]:
        first, last = (bisect_left(page.candles, bound, key=itemgetter(0)) for bound in part)
        inserted += store_page(connection, series, page.candles[first:last], part, now_us=received, refused=refused)
        refused = 0
    if page.refused:
        put_away(connection, series, page.refused, "bulk", received)
    return inserted
