"""History in pieces of bounded size, each with as much before it as its columns need."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shared.errors import StopError
from shared.market import Frame
from trader.backtest.lanes import runs_of

#: So many rows are worked on at once: enough that what is done once a stretch is nothing, few enough to stay small.
ROWS = 2**16
#: So far back what traded lately is looked for: an hour before the newest candle, and the minute before that.
LOOK_BACK_MS = 2 * 3_600_000
_PRICES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Stretch:
    """Rows that were seen before, and from `begins` on those that are new."""

    frame: Frame
    begins: int


def stretches(
    frames: Iterable[Frame], block: int, warm_up: int, rows: int = ROWS, breaks: Sequence[int] = ()
) -> Iterator[Stretch]:
    """The frames joined to pieces of about so many new rows; StopError if their times do not ascend.

    At each of `breaks` (ms, ascending) unbroken history begins anew: a gap ends there that was never fetched, and what
    lies behind it is not seen any more, as a trader does not see it.
    """
    before: Frame | None = None
    newest: int | None = None
    for piece, is_anew in _pieces(_cut(frames, breaks), rows):
        if is_anew:
            before = None
        if newest is not None and piece.timestamps[0] <= newest:
            raise _out_of_order(int(piece.timestamps[0]))
        frame = _read_only(piece if before is None else _joined([before, piece]))
        _require_ascending(frame)
        begins = len(frame) - len(piece)
        yield Stretch(frame, begins)
        newest = int(frame.timestamps[-1])
        lately = int(np.searchsorted(frame.timestamps, newest - LOOK_BACK_MS))
        start = min(runs_of(frame, len(frame) - 1, block, warm_up)[0].start, len(frame) - warm_up, lately)
        before = frame.last(len(frame) - max(0, start))


def _cut(frames: Iterable[Frame], breaks: Sequence[int]) -> Iterator[tuple[Frame, bool]]:
    """The frames without the empty ones, cut where unbroken history begins anew, and whether it does."""
    done = 0
    for frame in frames:
        start = 0
        while start < len(frame):
            at = int(frame.timestamps[start])
            is_anew = done < len(breaks) and breaks[done] <= at
            while done < len(breaks) and breaks[done] <= at:
                done += 1
            end = int(np.searchsorted(frame.timestamps, breaks[done])) if done < len(breaks) else len(frame)
            yield frame.until(end).last(end - start), is_anew
            start = end


def _pieces(frames: Iterable[tuple[Frame, bool]], rows: int) -> Iterator[tuple[Frame, bool]]:
    waiting, anew = list[Frame](), False
    for frame, is_anew in frames:
        if is_anew:
            if waiting:
                yield _joined(waiting), anew
            waiting, anew = [], True
        for start in range(0, len(frame), rows):
            waiting.append(frame.until(start + rows).last(min(rows, len(frame) - start)))
            if sum(map(len, waiting)) >= rows:
                yield _joined(waiting), anew
                waiting, anew = [], False
    if waiting:
        yield _joined(waiting), anew


def _joined(frames: list[Frame]) -> Frame:
    if len(frames) == 1:
        return frames[0]
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in _PRICES}
    return Frame(np.concatenate([frame.timestamps for frame in frames]), columns)


def _read_only(frame: Frame) -> Frame:
    """A strategy that writes into what it is shown would change what it is shown next."""
    columns = {name: frame[name][:] for name in _PRICES}
    for column in columns.values():
        column.flags.writeable = False
    return Frame(frame.timestamps, columns)


def _require_ascending(frame: Frame) -> None:
    steps = np.diff(frame.timestamps)
    if len(steps) and steps.min() <= 0:
        raise _out_of_order(int(frame.timestamps[int(np.argmin(steps > 0)) + 1]))


def _out_of_order(at: int) -> StopError:
    return StopError(f"the candle that opens at {at} ms comes twice or out of order: candles must ascend in time")
