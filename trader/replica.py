"""One replica at work: keeps its leases, decides on new candles, settles open orders."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_us, now_us
from shared.config import StrategySettings, TraderSettings
from shared.database import Database
from shared.errors import LeaseLostError, RetryError, StrategyError
from shared.health import report
from shared.trading import Lease, Side
from trader.cycle import Running, decide_candle, due_candles, prepare, settle_orders
from trader.fleet import Fleet
from trader.loading import load
from trader.paper import Paper


class Replica:
    """What one trader process does until it is told to stop."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        wanted: Mapping[str, StrategySettings],
        settings: TraderSettings,
        paper: Paper,
        strategies: Path,
        log: FilteringBoundLogger,
    ) -> None:
        """`strategies` is the user's directory of strategy files."""
        self._database = database
        self._fleet = fleet
        self._wanted = wanted
        self._settings = settings
        self._paper = paper
        self._strategies = strategies
        self._log = log
        self._running: dict[str, Running] = {}
        self._report_at = 0

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then give the leases back."""
        while not stop.wait(self._settings.poll_ms / 1000):
            try:
                self._fleet.keep()
                self._follow_leases()
                for running in list(self._running.values()):
                    self._step(running)
                self._report_health()
            except RetryError as error:
                self._log.warning("trying again", error=str(error))
        self._fleet.give_back()

    def _report_health(self) -> None:
        """Once a second, after a whole round went well: what is held was renewed and looked at."""
        now = boot_us()
        if now >= self._report_at:
            self._report_at = now + 1_000_000
            report(True, f"running {', '.join(self._running)}" if self._running else "standing by, no strategy is free")

    def _follow_leases(self) -> None:
        """Load what was claimed, forget what was lost, take note of what was renewed."""
        for strategy_id in self._running.keys() - self._fleet.held.keys():
            del self._running[strategy_id]
        for strategy_id, lease in list(self._fleet.held.items()):
            known = self._running.get(strategy_id)
            try:
                self._running[strategy_id] = replace(known, lease=lease) if known else self._start(lease)
            except StrategyError as error:
                self._halt(strategy_id, error)

    def _start(self, lease: Lease) -> Running:
        wanted = self._wanted[lease.strategy_id]
        return prepare(lease, wanted.series, load(wanted, self._strategies))

    def _step(self, running: Running) -> None:
        """One look at one strategy: settle its orders, decide on its new candles."""
        try:
            if settle_orders(self._database, running, self._paper):
                self._log.info("orders settled", strategy_id=running.id)
            waiting = due_candles(self._database, running, self._settings)
            for candle in waiting:
                self._decide(running, candle, newest=candle == waiting[-1])
        except LeaseLostError as error:
            self._log.warning("lease lost", strategy_id=running.id, error=str(error))
            self._fleet.drop(running.id)
            self._running.pop(running.id, None)
        except StrategyError as error:
            self._halt(running.id, error)

    def _decide(self, running: Running, candle: int, *, newest: bool) -> None:
        signal = decide_candle(self._database, running, candle, self._settings, newest=newest)
        if signal is not None and signal.side is not Side.HOLD:
            self._log.info(
                "signal", strategy_id=running.id, candle=candle, side=signal.side.value, reason=signal.reason
            )

    def _halt(self, strategy_id: str, error: StrategyError) -> None:
        """A strategy in error stops alone, with the reason in its status, until somebody has looked."""
        self._log.error("strategy halted", strategy_id=strategy_id, error=str(error))
        with self._database.write() as connection:
            ledger.halt(connection, strategy_id, str(error), now_us())
        self._fleet.give_back(strategy_id)
        self._running.pop(strategy_id, None)
