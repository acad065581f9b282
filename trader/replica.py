"""One replica at work: keeps its leases, tends its open orders, decides on new candles."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_us, now_ms, now_us
from shared.config import ExchangeSettings, RiskSettings, StrategySettings, TraderSettings
from shared.database import Database, lease_time
from shared.errors import LeaseLostError, RepairError, RetryError, StopError, StrategyError
from shared.health import report
from shared.ledger import Agenda
from shared.stop import Stop
from shared.trading import Lease, Side, Source, State, StateRow
from trader.brokers import Brokers
from trader.cycle import decide_candle, due_candles, enter_holds
from trader.desk import DeskWatch
from trader.fleet import Fleet
from trader.frames import Frames
from trader.freshness import is_fresh
from trader.holds import Holds
from trader.loading import load
from trader.running import Running, minding, prepare
from trader.tending import tend_orders, watch_position

_SECOND_US = 1_000_000


class Replica:
    """What one trader process does until it is told to stop."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        wanted: Mapping[str, StrategySettings],
        settings: TraderSettings,
        brokers: Brokers,
        strategies: Path,
        log: FilteringBoundLogger,
        exchanges: Mapping[str, ExchangeSettings],
        desk: RiskSettings,
        flag: Path | None = None,
    ) -> None:
        """`strategies` is the user's directory of strategy files, `desk` the limits of all strategies together.

        `flag` is the file that stops the desk.
        """
        self._database = database
        self._fleet = fleet
        self._wanted = wanted
        self._settings = settings
        self._brokers = brokers
        self._strategies = strategies
        self._log = log
        self._exchanges = exchanges
        self._desk = desk
        self._flag = flag
        self._watch = DeskWatch(database, wanted, desk, log)
        self._frames, self._holds = Frames(), Holds()
        self._running: dict[str, Running] = {}
        self._prepared: dict[str, Running] = {}
        self._not_before: dict[str, int] = {}
        self._equity_at: dict[str, int] = {}
        self._report_at = 0

    def run(self, stop: Stop) -> None:
        """Work until `stop` is set, then give the leases back."""
        while not stop.wait(self._settings.poll_ms / 1000):
            try:
                self._round()
            except RetryError as error:
                self._log.warning("trying again", error=str(error))
                stop.wait(1)
        self._fleet.leave()
        self._brokers.close()

    def _round(self) -> None:
        """Look once at every strategy that is held, and work where something is to be done."""
        self._fleet.keep(self._ready)
        self._follow_leases()
        self._watch.look()
        with self._database.read() as connection:
            agendas = ledger.agendas(connection, self._running.keys())
        for agenda in sorted(agendas, key=_urgency):
            running = self._running[agenda.strategy_id]
            if boot_us() >= self._not_before.get(running.id, 0):
                self._attend(agenda, running)
            if self._holds.are_due or not agenda.is_due:
                self._enter_holds()
            self._fleet.renew()
        self._enter_holds()
        self._report_health()

    def _attend(self, agenda: Agenda, running: Running) -> None:
        """Whatever goes wrong with one strategy stays with it."""
        try:
            self._work(agenda, running)
        except RetryError as error:
            self._log.warning("trying again", strategy_id=running.id, error=str(error))
            self._not_before[running.id] = boot_us() + _SECOND_US
        except LeaseLostError as error:
            self._log.warning("lease lost", strategy_id=running.id, error=str(error))
            self._fleet.drop(running.id)
        except StrategyError as error:
            self._halt(running.lease, "strategy", str(error))
        except RepairError as error:
            self._halt(running.lease, "reconciliation", str(error))
        except StopError:
            raise
        except Exception:  # noqa: BLE001 - a job's edge: a mistake that one strategy runs into must not end the others
            self._log.exception("failed, please report this; trying again", strategy_id=running.id)
            self._not_before[running.id] = boot_us() + 10 * _SECOND_US

    def _work(self, agenda: Agenda, running: Running) -> None:
        """Tend its orders, watch its position, decide on its new candles."""
        if running.is_minded and not agenda.is_distrusted:
            self._fleet.give_back(running.id)  # resumed: whoever claims it next loads its code anew
            return
        broker = self._brokers.of(running)
        if not agenda.is_distrusted and (reason := self._brokers.objection(running)):
            self._halt(running.lease, "reconciliation", reason)
            return
        if agenda.has_orders and tend_orders(self._database, running, self._settings, broker, self._desk):
            self._log.info("orders tended", strategy_id=running.id)
        if agenda.is_watched and (order := watch_position(self._database, running, broker, self._desk)):
            self._log.info("closing", strategy_id=running.id, leg=order.leg, amount=str(order.amount))
        if agenda.has_position:
            self._keep_equity(running)
        if agenda.is_due and not agenda.is_distrusted:
            self._decide(agenda, running)
        elif agenda.cursor is None or agenda.is_distrusted:
            self._fleet.pass_on(running.id)

    def _decide(self, agenda: Agenda, running: Running) -> None:
        """On the candles that wait, one after the other; that it does nothing on the newest is committed with others'.

        Then it may go to another replica.
        """
        waiting = agenda.next_alone(running.series.step) or due_candles(self._database, running, self._settings)
        for candle in waiting:
            newest = candle == waiting[-1]
            signal = decide_candle(
                self._database,
                running,
                candle,
                self._settings,
                self._brokers.of(running),
                self._desk,
                newest=newest,
                frames=self._frames,
                holds=self._holds if newest else None,
            )
            if signal is None and is_fresh(candle, running.series.step, now_ms(), running.patience_ms(self._settings)):
                break  # what it must see lacks something that is being fetched
            if signal is not None and signal.side is not Side.HOLD:
                told = {"candle": candle, "side": signal.side.value, "reason": signal.reason}
                self._log.info("signal", strategy_id=running.id, **told)
            elif signal is not None and newest:
                return
            self._fleet.renew()
        self._fleet.pass_on(running.id)

    def _enter_holds(self) -> None:
        """Commit them, if there are any; after that, and not before, a strategy may go to another replica."""
        holds = self._holds.take()
        lost = enter_holds(self._database, holds, self._desk) if holds else {}
        for strategy_id, error in lost.items():
            self._log.warning("lease lost", strategy_id=strategy_id, error=str(error))
            self._fleet.drop(strategy_id)
        for strategy_id in {decision.running.id for decision in holds} - lost.keys():
            self._fleet.pass_on(strategy_id)

    def _keep_equity(self, running: Running) -> None:
        """What an open position is worth, every now and then: between trades only the market moves it."""
        now = boot_us()
        if now < self._equity_at.get(running.id, 0):
            return
        self._equity_at[running.id] = now + int(self._settings.equity_seconds * _SECOND_US)
        with self._database.write_as(running.id) as connection:
            ledger.fence(connection, running.lease, *lease_time(connection))
            ledger.note_equity(connection, running.id, running.series.exchange, running.series.symbol, now_us())

    def _ready(self, lease: Lease) -> bool:
        """Load a strategy before its lease is claimed: what it imports may take longer than the lease lasts.

        One whose code does not load is halted, and minded all the same: what it holds stays protected.
        """
        wanted = self._wanted[lease.strategy_id]
        limit = self._exchanges[wanted.exchange].clock_limit_ms
        try:
            strategy = load(wanted, self._strategies)
            running = prepare(lease, wanted.series, strategy, limit, wanted.broker, wanted.risk)
        except StrategyError as error:
            if not self._halt(lease, "strategy", str(error)):
                return False
            running = minding(lease, wanted.series, limit, wanted.broker, wanted.risk)
        return self._connected(lease, replace(running, flag=self._flag))

    def _connected(self, lease: Lease, running: Running) -> bool:
        """Connect to where it trades, before its lease is claimed, too."""
        try:
            self._brokers.open(running)
        except RetryError as error:
            self._log.warning("not connected yet", strategy_id=lease.strategy_id, error=str(error))
            return False
        except RepairError as error:
            if not self._halt(lease, "reconciliation", str(error)):
                return False
            running = replace(running, is_minded=True)
        self._prepared[lease.strategy_id] = running
        return True

    def _follow_leases(self) -> None:
        """Run what is held, under the lease as it is now, and nothing else."""
        self._running = {
            strategy_id: replace(self._prepared[strategy_id], lease=lease)
            for strategy_id, lease in self._fleet.held.items()
        }

    def _report_health(self) -> None:
        """Once a second, after a whole round went well: what is held was renewed and looked at."""
        now = boot_us()
        if now >= self._report_at:
            self._report_at = now + _SECOND_US
            report(True, f"running {', '.join(self._running)}" if self._running else "standing by, no strategy is free")

    def _halt(self, lease: Lease, source: Source, reason: str) -> bool:
        """A strategy in error stops alone, with the reason in its status, until somebody has looked.

        Only its owner may halt it, or whoever was about to claim it; for anybody else it may run well: False then.
        """
        try:
            with self._database.write() as connection:
                if lease.owner == self._fleet.owner:
                    ledger.fence(connection, lease, *lease_time(connection))
                elif not ledger.is_unchanged(connection, lease):
                    return False
                row = StateRow(lease.strategy_id, State.HALTED, source, reason)
                changed = ledger.set_state(connection, row, now_us()) != row
        except LeaseLostError as lost:
            self._log.warning("lease lost", strategy_id=lease.strategy_id, error=str(lost))
            self._fleet.drop(lease.strategy_id)
            return False
        if changed:
            self._log.error("strategy halted", strategy_id=lease.strategy_id, source=source, error=reason)
        self._mind(lease.strategy_id)
        return True

    def _mind(self, strategy_id: str) -> None:
        if strategy_id in self._prepared:
            self._prepared[strategy_id] = replace(self._prepared[strategy_id], is_minded=True)


def _urgency(agenda: Agenda) -> tuple[bool, bool]:
    """What waits for a decision comes first, and of that what needs no look at orders and positions before."""
    return not agenda.is_due, agenda.has_orders or agenda.is_watched
