"""How far back an exchange goes: where its candles begin, and what of the past it does not hand out."""

from collections.abc import Sequence
from functools import partial

from backfiller.insist import insist
from backfiller.proof import out_of_reach
from backfiller.source import Source
from shared.errors import RetryError
from shared.exchange import coarser, fetch_newest, fetch_page, first_from, keeps_all, reach_candles
from shared.market import Interval, Series, windows


async def lost(source: Source, series: Series, window: Interval, first: int) -> Interval:
    """What the exchange left out before `first`, the first candle it gave, because it does not go back so far.

    Empty if it left nothing out: nobody traded, or the market is not that old. A request may wait long for its turn,
    and the reach moves on meanwhile: it is reckoned from now, not from when the request was made.
    """
    reach, nothing = reach_candles(source.client.id), Interval(window.start, window.start)
    if first <= window.start or keeps_all(source.client):
        return nothing
    if reach is None:
        return Interval(window.start, first) if await _jumped(source, series, window.start, first) else nothing
    missing, explained = out_of_reach(series, window, first, source.client.now(), reach)
    if not missing or explained:
        return missing
    held = _open_times((await fetch_newest(source.client, series)).rows)
    if not held or window.start <= held[0] < first:
        raise RetryError(f"{series}: the exchange showed {first} as its first candle, and now others; asking again")
    return missing if len(held) >= reach else nothing


async def first_in(source: Source, series: Series, window: Interval) -> int | None:
    """Open time of the first candle in a window of any length, of an exchange that answers windows only.

    Looked up on the longest candles first, by bisection of their pages, and then on ever shorter ones: a market listed
    years after the window's start is found in some twenty requests. That its pages are full from the first one on is
    believed if the newest is; otherwise (it is listed no more) all are looked at.
    """
    return await _first_in(source, [series, *coarser(source.client, series)], window)


async def bears_out(source: Source, series: Series, window: Interval, found: int | None) -> bool:
    """Whether the exchange stands by what `first_in` found: it may have had nothing to say for a while.

    There is nothing just before the first candle. Of a market without any it shows those before the window, and then
    none again.
    """
    scales = {series, (coarser(source.client, series) or [series])[-1]}
    if found is None:
        older = [await _times(source, scale, _page_before(source, scale, window.start)) for scale in scales]
        return any(older) and await first_in(source, series, window) is None
    for scale in scales:
        page = _page_before(source, scale, found)
        start = max(page.start, scale.floor(window.start + scale.step - 1))
        if await _times(source, scale, Interval(start, page.end)):
            return False
    return True


def _page_before(source: Source, series: Series, time: int) -> Interval:
    end = series.floor(time)
    return Interval(max(0, end - source.page * series.step), end)


async def _first_in(source: Source, scales: Sequence[Series], window: Interval) -> int | None:
    """By the shortest of these scales that shows the window in one page, or by the longest; then by shorter ones."""
    fitting = (rank for rank, each in enumerate(scales) if _candles(window, each) <= source.page)
    rank = next(fitting, len(scales) - 1)
    scale = scales[rank]
    pages = list(windows(Interval(scale.floor(window.start), window.end), scale.step, source.page))
    for page in pages[await _first_full(source, scale, pages) :]:
        for time in await _times(source, scale, page):
            inside = Interval(max(time, window.start), min(time + scale.step, window.end))
            found = await _first_in(source, scales[:rank], inside) if rank else time
            if found is not None:
                return found
    return None


async def _first_full(source: Source, scale: Series, pages: Sequence[Interval]) -> int:
    low, high = 0, len(pages) - 1
    if high <= 0 or not await _times(source, scale, pages[high]):
        return 0
    while low < high:
        middle = (low + high) // 2
        if await _times(source, scale, pages[middle]):
            high = middle
        else:
            low = middle + 1
    return low


async def _jumped(source: Source, series: Series, start: int, first: int) -> bool:
    """Whether an exchange of unknown depth left something out between `start` and `first` without a word.

    One that shows a candle older than `start` does reach back to it: nobody traded. One that shows none either doesn't
    go back so far, or the market is no older; it is, if its longest candles are.
    """
    before = max(0, start - source.page * series.step)
    async with source.requests:
        older = await first_from(source.client, series, before)
    if older is None or older > first:
        raise RetryError(f"{series}: the exchange showed a candle of {first}, and now it does not; asking again")
    if older < start:
        return False
    longest = (coarser(source.client, series) or [series])[-1]
    end = longest.floor(first)
    past = Interval(max(0, end - source.page * longest.step), end)
    return longest != series and bool(await _times(source, longest, past))


async def _times(source: Source, series: Series, window: Interval) -> list[int]:
    """The open times of a window's candles; that there are none is believed only when the exchange says it twice."""

    async def attempt() -> list[int]:
        async with source.requests:
            rows, _ = await fetch_page(source.client, series, window)
        return [time for time in _open_times(rows) if window.start <= time < window.end]

    if not window:
        return []
    ask = partial(insist, attempt, source.attempts)
    return await ask() or await ask()


def _open_times(rows: Sequence[object]) -> list[int]:
    return sorted(row[0] for row in rows if isinstance(row, list | tuple) and row and type(row[0]) is int)


def _candles(window: Interval, series: Series) -> int:
    return -(-(window.end - window.start) // series.step)
