"""What a stream has shown of a series, and what of that may be stored. Pure.

A candle is *closed* when a newer one has come, or when its end and a little are past by the exchange's time. The last
values that came of a closed candle are *certain* if the stream was there since before it opened and went on to the
candle right after it: messages of one connection come in order, so nothing can be missing. Everything else that is
closed is *in doubt*, and REST is asked: after a reconnect, behind a jump, where nothing came in time. Short candles are
asked about together, and none that the stream is likely to tell of in time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.market import Candle, Closed, Interval, Refusal, Ring, Series, accept, merge, subtract

_LIVELY_MS = 2_500

#: A candle that REST tells of may become five seconds old, one of them for the request. Shorter ones that close until
#: then share it: behind a broken connection one tells of the hole and of what was open when the next one came up.
_TOGETHER_MS = 4_000

#: By so much our reckoning of the exchange's time may be behind it when a message comes.
_EARLY_MS = 100


@dataclass
class Edge:
    """The live edge of one series. Nothing is certain or in doubt before `begin`.

    `shown_times` are the candles shown on this connection, and when they last were. `ends_with_message`: the exchange
    sends every candle once more when it has closed; without that message its last values are not known.
    """

    series: Series
    ring: Ring
    known: list[Interval] | None = None
    refused: list[Refusal] = field(default_factory=list)
    connection: int | None = None
    whole_from: int = 0
    heard_at: int = 0
    shown_times: dict[int, int] = field(default_factory=dict)
    ends_with_message: bool = False

    def begin(self, start: int, known: Iterable[Interval]) -> None:
        """From `start` (ms) on everything closed has to become known; this much is."""
        self.known = merge([Interval(0, start), *known])

    def shown(self, rows: Sequence[object], connection: int, now: int) -> None:
        """Take in raw rows, ascending, that came on a connection at `now`, the exchange's time.

        On a new connection candles are followed from the next one that opens. A candle that would open in the future
        is none; `now` may be a little late.
        """
        if connection != self.connection:
            self.connection, self.shown_times = connection, {}
            self.whole_from = self.series.floor(now + self.series.step - 1)
        self.heard_at = now
        end = self.series.closed_end(now) + 2 * self.series.step
        candles, refused = accept(rows, self.series, Interval(0, end), end)
        self.refused += refused
        if refused:  # it may have been the last word on a candle that earlier messages have shown
            self.shown_times, self.whole_from = {}, self.series.floor(now + self.series.step - 1)
        for candle in candles:
            time, is_last = candle.timestamp, candle is candles[-1]
            # Each message brings the candle before its own along: that it is there says nothing new of it.
            if is_last or time not in self.shown_times or [*self.ring.candles(time, time + 1)] != [candle]:
                self.shown_times[time] = now
            self.ring.update(candle, closed=not is_last)

    def certain(self, now: int) -> list[Closed]:
        """The candles that may be stored as they were shown, with the coverage that proves, oldest first."""
        step = self.series.step
        if self.known is None or len(self.shown_times) < 2:
            return []
        last = min(max(self.shown_times), self.series.closed_end(now))
        pages = list[Closed]()
        for part in subtract(Interval(self.whole_from, last), self.known):
            for candle in self.ring.candles(part.start, part.end):
                if self._is_whole(candle.timestamp, step):
                    _add(pages, self.series, candle)
        return pages

    def lost(self) -> None:
        """The connection has ended: nothing more comes on it."""
        self.connection = None

    def doubt(self, now: int, close_ms: int) -> list[Interval]:
        """What is closed and not known, for REST to tell; asked for after what is certain was noted.

        Empty while the oldest of it can wait. Behind a newer candle one has closed, else `close_ms` after its end.
        """
        if self.known is None:
            return []
        passed = min(max(self.shown_times, default=0), self.series.closed_end(now))
        doubts = subtract(Interval(0, max(passed, self.series.closed_end(now - close_ms))), self.known)
        return doubts if doubts and not self._can_wait(doubts[0].start, now, close_ms) else []

    def is_lively(self, now: int) -> bool:
        """Whether the stream has said something about this series in the last moments."""
        return now - self.heard_at <= _LIVELY_MS

    def leave(self, until: int) -> None:
        """What opens before `until` (ms) is settled: if it is not known yet, history asks for it."""
        if self.known is not None and self.known[0].end < until:
            self.note(Interval(0, until))

    def note(self, known: Interval) -> None:
        """This much is stored, or REST has the word on it."""
        self.known = merge([*(self.known or ()), known])
        # Behind the hindmost gap nothing is looked at again, but the newest shown proves the one before it.
        oldest = self.known[0].end - self.series.step
        self.shown_times = {time: heard for time, heard in self.shown_times.items() if time >= oldest}

    def _can_wait(self, time: int, now: int, close_ms: int) -> bool:
        """Whether a closed candle is not asked about yet: others will share the request, or make it needless."""
        step = self.series.step
        return now - (time + step) < _TOGETHER_MS and (step <= _TOGETHER_MS or self._is_awaited(time, now, close_ms))

    def _is_awaited(self, time: int, now: int, close_ms: int) -> bool:
        """Whether the message at a candle's end is still to come, and makes it certain; or the next one's, at once.

        An exchange that keeps it back keeps it back from REST as well. The messages come in order: behind a newer
        candle it does not come any more.
        """
        if not self.ends_with_message or self.connection is None or time < self.whole_from:
            return False
        heard = self.shown_times.get(time, 0)
        return max(self.shown_times, default=0) <= time and (
            heard < time + self.series.step - _EARLY_MS or now - heard < close_ms
        )

    def _is_whole(self, time: int, step: int) -> bool:
        """Whether the last message of a candle and one of the next were heard."""
        if not {time, time + step} <= self.shown_times.keys():
            return False
        return not self.ends_with_message or self.shown_times[time] >= time + step - _EARLY_MS


def _add(pages: list[Closed], series: Series, candle: Candle) -> None:
    """Lengthen the last page by a candle that follows it, or begin another."""
    end = candle.timestamp + series.step
    if pages and pages[-1].coverage.end == candle.timestamp:
        last = pages.pop()
        pages.append(Closed(series, Interval(last.coverage.start, end), [*last.candles, candle]))
    else:
        pages.append(Closed(series, Interval(candle.timestamp, end), [candle]))
