"""A backtest and a live run on the same candles, side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from shared.errors import StopError
from shared.indicators.anchor import block as block_of
from shared.market import Frame, Market
from shared.market.frame import Column
from shared.trading import Strategy
from trader.backtest.lanes import lanes_of, runs_of
from trader.backtest.ledger import Decided
from trader.backtest.outcome import Outcome
from trader.backtest.rounds import closed_trades, digest
from trader.backtest.spec import Backtest
from trader.backtest.stretches import stretches
from trader.loading import needs
from trader.parity.live import Live, Lived
from trader.parity.seen import Values

#: A backtest: of the strategy, over the history, by the market's rules.
Test = Callable[[Strategy, Frame, Market], Outcome]


@dataclass(frozen=True)
class Difference:
    """A candle (ms) on which the two did not do the same; None: one of them did nothing."""

    candle: int
    backtest: Decided | None
    live: Decided | None


@dataclass(frozen=True)
class Parity:
    """What a comparison found.

    `restarts` are the candles (ms) before which the live side was started anew. `columns` says of each column in how
    many rows the strategy saw another value than in the backtest, `asked` on how many candles only one side asked it.
    """

    outcome: Outcome
    live: Lived
    restarts: tuple[int, ...]
    differences: tuple[Difference, ...]
    columns: Mapping[str, int]
    asked: int

    @property
    def live_sha256(self) -> str:
        """Over the closed trades of the live side, as `outcome.sha256()` of the other."""
        return digest(closed_trades(self.live.ledger.trades, self.outcome.market), sizes=True)

    @property
    def is_good(self) -> bool:
        """Whether nothing differs at all: signals, values, fills and books."""
        same = (self.live.ledger.books, tuple(self.live.ledger.trades)) == (self.outcome.books, self.outcome.fills)
        return same and not (self.differences or self.asked or any(self.columns.values()))


def compared(
    backtest: Backtest,
    fresh: Callable[[], Strategy],
    history: Frame,
    market: Market,
    directory: Path,
    test: Test,
    *,
    restarts: int = 100,
    seed: int = 1,
    breaks: Sequence[int] = (),
    done: Callable[[int], None] = lambda _: None,
) -> Parity:
    """Run both; the live side is started anew before `restarts` candles that `seed` chooses.

    `done` is told each row that the live side has decided on. StrategyError if the strategy raises, StopError if there
    is nothing to decide on.
    """
    rows = rows_of(backtest, history)
    if not rows:
        raise StopError("there is no candle to decide on: choose another --from and --to")
    outcome = test(fresh(), history, market)
    anew = frozenset(Random(seed).sample(rows, min(restarts, len(rows))))  # noqa: S311 - no secret
    live = Live(backtest, fresh, history, market, directory, breaks).run(rows, anew, done)
    expected = values_of(backtest, fresh(), history, breaks)
    return Parity(
        outcome,
        live,
        tuple(int(history.timestamps[row]) for row in sorted(anew)),
        tuple(differences(outcome.signals, live.ledger.signals)),
        {name: _differing(column, live.values, name) for name, column in expected.columns.items()},
        int((expected.asked != live.values.asked)[rows.start : rows.stop].sum()),
    )


def rows_of(backtest: Backtest, history: Frame) -> range:
    """The rows that are decided on."""
    start, end = backtest.start, backtest.end
    first = 0 if start is None else int(np.searchsorted(history.timestamps, start))
    return range(first, len(history) if end is None else int(np.searchsorted(history.timestamps, end)))


def differences(backtest: Iterable[Decided], live: Iterable[Decided]) -> list[Difference]:
    """The candles on which side, reason or outcome are not the same, oldest first."""
    ours, theirs = ({each.candle: each for each in signals} for signals in (backtest, live))
    pairs = ((candle, ours.get(candle), theirs.get(candle)) for candle in sorted({*ours, *theirs}))
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def values_of(backtest: Backtest, strategy: Strategy, history: Frame, breaks: Sequence[int]) -> Values:
    """On which rows a backtest may ask, and the columns' newest values there."""
    asked = needs(backtest.strategy_id, strategy)
    block, found, done = block_of(backtest.series.step, asked.warm_up), Values(len(history)), 0
    for stretch in stretches([history], block, asked.warm_up, breaks=breaks):
        frame, begins = stretch.frame, stretch.begins
        for lane in lanes_of(frame, asked.indicators, runs_of(frame, begins, block, asked.warm_up)):
            for run in lane.runs:
                where = slice(done + run.first - begins, done + run.end - begins)
                for name in asked.indicators:
                    found.column(name)[where] = lane.frame[name][run.first : run.end]
        found.asked[done + max(0, asked.warm_up - 1 - begins) : done + len(frame) - begins] = True
        done += len(frame) - begins
    return found


def _differing(expected: Column, seen: Values, name: str) -> int:
    """In how many rows that the strategy was asked on it saw something else."""
    ours, theirs = expected[seen.asked], seen.column(name)[seen.asked]
    return int((~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))).sum())
