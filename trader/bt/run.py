"""A test inside backtrader: `run` takes what the native engine's takes, and gives the same."""

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from typing import Any

from shared.errors import ChandlerError, StrategyError
from shared.indicators.anchor import block as block_of
from shared.market import Frame, Market
from shared.trading import Books, Lease, Position, StateRow, Strategy
from trader.backtest.curve import CurveKeeper
from trader.backtest.cycle import Cycle
from trader.backtest.ledger import Ledger
from trader.backtest.outcome import Outcome
from trader.backtest.spec import Backtest
from trader.backtest.stretches import ROWS, stretches
from trader.bt.desk import DeskBroker
from trader.bt.feed import feed
from trader.bt.hosted import Hosted
from trader.bt.inside import Inside, Shown
from trader.bt.library import bt
from trader.bt.tape import Tape
from trader.running import prepare

#: Called with cerebro before and after a run: to add analyzers and observers, and to look at them.
Prepare = Callable[[Any], None]


def run(
    backtest: Backtest,
    strategy: Strategy,
    frames: Frame | Iterable[Frame],
    market: Market,
    *,
    breaks: Sequence[int] = (),
    rows: int = ROWS,
    before: Prepare | None = None,
) -> Outcome:
    """Trade a strategy over history: one of ours, or one of backtrader's that `trader.loading` has made one of ours.

    One of ours is streamed, `rows` candles at a time, in constant memory, and begins anew behind `breaks`. One of
    backtrader's is run over the whole at once, its indicators computed by backtrader, which knows no gaps. `before` may
    add analyzers to cerebro. StrategyError if the strategy raises or asks for what can't be traded.
    """
    theirs = isinstance(strategy, Hosted)
    lease = Lease(backtest.strategy_id, "backtest", 1, 0, "")
    running = prepare(lease, backtest.series, strategy, limits=backtest.limits)
    ledger = Ledger(market, Books(backtest.cash, Position()))
    cycle = Cycle(backtest, running, market, ledger, StateRow(backtest.strategy_id))
    curve, warm_up = CurveKeeper(ledger, backtest.series.step), strategy.warm_up
    block = block_of(backtest.series.step, warm_up)
    given = [frames] if isinstance(frames, Frame) else frames
    pieces = stretches(given, block, warm_up, sys.maxsize) if theirs else stretches(given, block, warm_up, rows, breaks)
    tape = Tape(backtest, pieces, curve, run_in=theirs)

    candles, broker = feed(tape.chunks, backtest.series), DeskBroker()
    broker.open(cycle, tape, candles, float(market.taker_fee if backtest.paper.fee is None else backtest.paper.fee))
    cerebro = bt.Cerebro(stdstats=False, exactbars=0 if theirs else 1)
    cerebro.setbroker(broker)
    cerebro.adddata(candles)
    if isinstance(strategy, Hosted):
        cerebro.addstrategy(strategy.kind, **strategy.options)
    else:
        cerebro.addstrategy(Inside, running=running, shown=Shown(tape, running, warm_up, block))
    if before is not None:
        before(cerebro)
    _run(cerebro, running.id)
    return Outcome.of(backtest, ledger, cycle.state, curve.kept())


def _run(cerebro: Any, strategy_id: str) -> None:
    """What the strategy prints goes to the errors' stream: the output is the report's."""
    try:
        with redirect_stdout(sys.stderr):
            strategies = cerebro.run()
    except ChandlerError:
        raise
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{strategy_id} failed:\n{traceback.format_exc(limit=-5)}") from error
    if not strategies:
        raise StrategyError(f"{strategy_id} skipped itself (StrategySkipError)")
