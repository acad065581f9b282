"""One replica at work: keeps its leases, decides on new candles, settles open orders."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import ExchangeSettings, RiskSettings, StrategySettings, TraderSettings
from shared.database import Database
from shared.errors import LeaseLostError, RetryError, StrategyError
from shared.health import report
from shared.stop import Stop
from shared.trading import BrokerName, Lease, Side, State, StateRow
from trader.broker import Broker
from trader.cycle import decide_candle, due_candles
from trader.fleet import Fleet
from trader.loading import load
from trader.running import Running, prepare
from trader.tending import tend_orders, watch_position

_RETRY_SECONDS = 1


class Replica:
    """What one trader process does until it is told to stop."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        wanted: Mapping[str, StrategySettings],
        settings: TraderSettings,
        brokers: Mapping[BrokerName, Broker],
        strategies: Path,
        log: FilteringBoundLogger,
        exchanges: Mapping[str, ExchangeSettings],
        desk: RiskSettings,
    ) -> None:
        """`strategies` is the user's directory of strategy files."""
        self._database = database
        self._fleet = fleet
        self._wanted = wanted
        self._settings = settings
        self._brokers = brokers
        self._strategies = strategies
        self._log = log
        self._exchanges = exchanges
        self._desk = desk
        self._running: dict[str, Running] = {}
        self._prepared: dict[str, Running] = {}
        self._report_at = 0

    def run(self, stop: Stop) -> None:
        """Work until `stop` is set, then give the leases back."""
        while not stop.wait(self._settings.poll_ms / 1000):
            try:
                self._fleet.keep(self._ready)
                self._follow_leases()
                for running in list(self._running.values()):
                    self._step(running)
                self._report_health()
            except RetryError as error:
                self._log.warning("trying again", error=str(error))
                stop.wait(_RETRY_SECONDS)
        self._fleet.give_back()

    def _report_health(self) -> None:
        """Once a second, after a whole round went well: what is held was renewed and looked at."""
        now = boot_us()
        if now >= self._report_at:
            self._report_at = now + 1_000_000
            report(True, f"running {', '.join(self._running)}" if self._running else "standing by, no strategy is free")

    def _ready(self, lease: Lease) -> bool:
        """Load a strategy before its lease is claimed: what it imports may take longer than the lease lasts."""
        wanted = self._wanted[lease.strategy_id]
        try:
            strategy, limit = load(wanted, self._strategies), self._exchanges[wanted.exchange].clock_limit_ms
            self._prepared[wanted.id] = prepare(lease, wanted.series, strategy, limit, wanted.broker, wanted.risk)
        except StrategyError as error:
            self._halt(lease, error)
            return False
        return True

    def _follow_leases(self) -> None:
        """Run what is held, under the lease as it is now, and nothing else."""
        self._running = {
            strategy_id: replace(self._prepared[strategy_id], lease=lease)
            for strategy_id, lease in self._fleet.held.items()
        }

    def _step(self, running: Running) -> None:
        """One look at one strategy: settle its orders, decide on its new candles."""
        try:
            broker = self._brokers[running.broker]
            if tend_orders(self._database, running, self._settings, broker, self._desk):
                self._log.info("orders tended", strategy_id=running.id)
            watch_position(self._database, running, broker, self._desk)
            waiting = due_candles(self._database, running, self._settings)
            for candle in waiting:
                self._decide(running, candle, newest=candle == waiting[-1])
                self._fleet.renew()
        except LeaseLostError as error:
            self._log.warning("lease lost", strategy_id=running.id, error=str(error))
            self._fleet.drop(running.id)
        except StrategyError as error:
            self._halt(running.lease, error)

    def _decide(self, running: Running, candle: int, *, newest: bool) -> None:
        signal = decide_candle(
            self._database,
            running,
            candle,
            self._settings,
            self._brokers[running.broker],
            self._desk,
            newest=newest,
        )
        if signal is not None and signal.side is not Side.HOLD:
            self._log.info(
                "signal", strategy_id=running.id, candle=candle, side=signal.side.value, reason=signal.reason
            )

    def _halt(self, lease: Lease, error: StrategyError) -> None:
        """A strategy in error stops alone, with the reason in its status, until somebody has looked.

        Only its owner may halt it, or whoever was about to claim it; for anybody else it may run well.
        """
        try:
            with self._database.write() as connection:
                if lease.owner == self._fleet.owner:
                    ledger.fence(connection, lease, boot_us(), boot_id())
                elif not ledger.is_unchanged(connection, lease):
                    return
                ledger.set_state(
                    connection, StateRow(lease.strategy_id, State.HALTED, "strategy", str(error)), now_us()
                )
        except LeaseLostError as lost:
            self._log.warning("lease lost", strategy_id=lease.strategy_id, error=str(lost))
            self._fleet.drop(lease.strategy_id)
            return
        self._log.error("strategy halted", strategy_id=lease.strategy_id, error=str(error))
        self._fleet.give_back(lease.strategy_id)
