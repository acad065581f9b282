"""Where a test's candles come from: the database and its archive, or a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from console.backtest.wish import Plan
from shared import candles
from shared.config import Settings
from shared.database import open_database, require_schema
from shared.errors import StopError
from shared.history import Candles, Place, copies_in, opening
from shared.indicators.anchor import block
from shared.market import Frame, Interval, Market, subtract
from shared.trading import Strategy
from trader.backtest.files import frames_of
from trader.backtest.stretches import ROWS

#: So many blocks of candles before the start: the run of its first candle begins one or two before, or three.
_RUN_IN_BLOCKS = 4
_LATE = 2**46


@dataclass(frozen=True)
class Source:
    """Candles, `gaps` of coverage among them (ms), and the market's rules, None if they are not known."""

    frames: Iterator[Frame]
    gaps: list[Interval]
    market: Market | None

    @property
    def breaks(self) -> list[int]:
        """Where unbroken history begins anew."""
        return [gap.end for gap in self.gaps]


@contextmanager
def opened(plan: Plan, settings: Settings, strategy: Strategy) -> Iterator[Source]:
    """The candles that the test needs, its warm-up included. StopError if there are none to be had."""
    if plan.file is not None:
        yield Source(frames_of(plan.file, plan.wanted.series), [], None)
        return
    url = settings.database_url()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StopError(f"there is no database {parsed.database}; a test without one takes --file CANDLES.parquet")
    series, database = plan.wanted.series, open_database(url)
    try:
        require_schema(database)
        place = Place(database, settings.paths.archive, copies_in(settings.paths.cache))
        part = _part(plan, strategy, place)
        with database.read() as connection:
            covered = candles.covered(connection, series)
            market = candles.market(connection, series.exchange, series.symbol)
        held = [Interval(max(each.start, part.start), min(each.end, part.end)) for each in covered]
        held = [each for each in held if each]
        if not held:
            raise StopError(
                f"there are no candles of {series} in that time: `chandler history update --from` fetches them"
            )
        gaps = subtract(Interval(held[0].start, held[-1].end), held)
        yield Source(Candles(place, series, part).chunks(ROWS // 4), gaps, market)
    finally:
        database.close()


def _part(plan: Plan, strategy: Strategy, place: Place) -> Interval:
    """Candles are counted, not minutes: on a market that seldom trades a warm-up reaches far back."""
    start, end, series = plan.backtest.start, plan.backtest.end, plan.wanted.series
    run_in = _RUN_IN_BLOCKS * block(series.step, strategy.warm_up) // series.step
    begin = 0 if start is None else opening(place, series, start, run_in)
    return Interval(begin, _LATE if end is None else end)
