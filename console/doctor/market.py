"""Checks of market data: coverage must be what candles there are, no more and no less."""

import random
from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import Connection, Text, and_, bindparam, func, select, tuple_

from console import words
from console.doctor.finding import Finding, Subject, failure, ok, warning
from shared.candles import SeriesStatus, series_statuses
from shared.candles.coverage import covered
from shared.candles.months import pruned_parts
from shared.candles.partition import named, of_series
from shared.clock import now_ms
from shared.market import Interval, Series, subtract
from shared.models import ohlcv_data, series_coverage

#: So many intervals are counted where not all are, none of them longer than this.
_SAMPLES, _SAMPLE_ROWS = 20, 50_000
#: Up to so many candles all are counted: some seconds.
_FEW = 20_000_000
_LISTED = 5
_FETCH = "`chandler candles repair` looks at it again"
_BEYOND = Interval(-(2**62), 2**62)
_KEY = (ohlcv_data.c.exchange, ohlcv_data.c.symbol, ohlcv_data.c.timeframe)
_FIRST_SERIES = select(*_KEY).order_by(*_KEY).limit(1)
_NEXT_SERIES = _FIRST_SERIES.where(tuple_(*_KEY) > tuple_(*(bindparam(column.name, type_=Text) for column in _KEY)))
_INSIDE = and_(
    of_series(ohlcv_data), ohlcv_data.c.timestamp >= bindparam("start"), ohlcv_data.c.timestamp < bindparam("end")
)
_SOME = select(ohlcv_data.c.timestamp).where(_INSIDE).limit(1)
_COUNT = select(func.count()).select_from(ohlcv_data).where(_INSIDE)


def coverage(subject: Subject) -> Iterator[Finding]:
    """Overlaps, candles where nothing is covered, and counts that are not what is there."""
    with subject.read() as connection:
        known = series_statuses(connection)
        stored = set(_stored(connection))
        found = [f"{series} has candles and no coverage" for series in sorted(stored - {each.series for each in known})]
        for status in known:
            found += _faults(connection, status.series)
        counted, wrong = _counted(connection, known, quick=subject.quick)
    found += wrong
    if found:
        rest = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        yield failure("; ".join(found[:_LISTED]) + rest, _FETCH)
    else:
        total = sum(each.candles for each in known)
        yield ok(f"{words.count(total)} candles of {len(known)} series lie in what is covered; {counted}")
    yield from _stopped(known)


def _faults(connection: Connection, series: Series) -> Iterator[str]:
    parts = covered(connection, series)
    for one, other in pairwise(parts):
        if other.start <= one.end:
            what = "overlap" if other.start < one.end else "touch"
            yield f"{series}: two covered intervals {what} at {words.moment(other.start)}"
    for hole in subtract(_BEYOND, parts):
        if at := connection.execute(_SOME, _bound(series, hole)).scalar():
            yield f"{series}: a candle at {words.moment(at)} is outside what is covered"


def _counted(connection: Connection, known: list[SeriesStatus], *, quick: bool) -> tuple[str, list[str]]:
    """How the rows were counted, and where that is not what coverage says."""
    intervals = [
        (Series(exchange, symbol, timeframe), Interval(start, end), noted)
        for exchange, symbol, timeframe, start, end, noted in connection.execute(select(series_coverage))
    ]
    total = sum(noted for *_, noted in intervals)
    if quick:
        return "they were not counted: --quick", []
    if total > _FEW:
        small = [each for each in intervals if each[2] <= _SAMPLE_ROWS]
        intervals = random.sample(small, min(_SAMPLES, len(small)))
    pruned = {each.series: pruned_parts(connection, each.series) for each in known}
    wrong = []
    rows = 0
    for series, interval, noted in intervals:
        if any(part.start < interval.end and interval.start < part.end for part in pruned.get(series, [])):
            continue  # `chandler history verify` counts what is archived
        held = connection.execute(_COUNT, _bound(series, interval)).scalar_one()
        rows += held
        if held != noted:
            at = words.moment(interval.start)
            wrong.append(f"{series}: {held:,} candles are in what is covered from {at}, {noted:,} were noted")
    return f"{rows:,} of {total:,} were counted", wrong


def _stopped(known: list[SeriesStatus]) -> Iterator[Finding]:
    for status in known:
        if status.status == "stopped":
            yield warning(f"{status.series} is not collected: {status.reason}", "see `chandler candles status`")
        elif status.watermark is not None and status.watermark > now_ms():
            at = words.moment(status.watermark)
            yield warning(f"{status.series}'s newest candle opens at {at}, in the future", "look at this host's clock")


def _stored(connection: Connection) -> Iterator[Series]:
    """Every series that has a candle: one look-up each, however many that are."""
    row = connection.execute(_FIRST_SERIES).first()
    while row:
        yield Series(*row)
        row = connection.execute(_NEXT_SERIES, named(Series(*row))).first()


def _bound(series: Series, part: Interval) -> dict[str, str | int]:
    return {**named(series), **part._asdict()}
