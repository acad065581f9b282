"""Whatever happens to a host and its replicas, nobody acts for a strategy that another one runs."""

import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared import ledger
from shared.trading import Lease
from tests.integration.trader.replicas import SECOND, Host

NAMES = ["alpha", "beta", "gamma", "delta", "epsilon"]
FEW = st.integers(0, 3)
#: Around what matters to a lease of seven seconds, which is renewed after a third of them.
SPANS = st.sampled_from([0.001, 0.5, 1.0, 2.4, 5.0, 6.0, 6.999, 7.0, 7.001, 8.0, 11.0, 30.0])


class Fleets(RuleBasedStateMachine):
    """Replicas come and go, pause, lose the database; the wall clock jumps, the host sleeps and boots."""

    migrated: Path

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="fleet-"))
        path = self.directory / "trading.db"
        shutil.copy(self.migrated, path)
        self.host = Host(path, NAMES)
        self.wall = 1_800_000_000 * SECOND
        self.patch = patch("trader.fleet.now_us", lambda: self.wall)
        self.patch.start()
        self.candle = 0
        for _ in range(3):
            self.host.start()
        self.host.run(3, candles=True)
        self.written: dict[str, tuple[int, str]] = {}

    def teardown(self) -> None:
        if hasattr(self, "host"):
            self.patch.stop()
            self.host.database.close()
            shutil.rmtree(self.directory)

    def owner(self, number: int) -> str | None:
        there = list(self.host.fleets)
        return there[number % len(there)] if there else None

    @precondition(lambda self: len(self.host.fleets) < 4)
    @rule()
    def a_replica_starts(self) -> None:
        self.host.turn(self.host.start())

    @rule(number=FEW)
    def a_replica_does_a_round(self, number: int) -> None:
        """Those that don't are paused meanwhile."""
        if owner := self.owner(number):
            self.host.turn(owner)

    @rule(tenths=st.integers(1, 30))
    def all_run(self, tenths: int) -> None:
        self.host.run(tenths / 10, candles=tenths % 2 == 0)

    @rule(seconds=SPANS)
    def time_passes_or_the_host_sleeps(self, seconds: float) -> None:
        self.host.now += int(seconds * SECOND)

    @rule(number=FEW, other=FEW, seconds=SPANS)
    def a_replica_takes_long_to_load_a_strategy_and_another_does_a_round_meanwhile(
        self, number: int, other: int, seconds: float
    ) -> None:
        slow, quick = self.owner(number), self.owner(other)

        def load(_: Lease) -> bool:
            self.host.now += int(seconds * SECOND)
            if quick and quick != slow:
                self.host.turn(quick)
            return True

        if slow and quick and not self.host.lines[slow].is_cut:
            self.host.now += SECOND  # a look is due
            self.host.fleets[slow].keep(load)

    @rule(number=FEW, other=FEW, seconds=SPANS)
    def a_replica_is_paused_in_the_middle_and_another_one_goes_on(
        self, number: int, other: int, seconds: float
    ) -> None:
        paused, awake = self.owner(number), self.owner(other)
        if paused and awake and paused != awake:
            held = list(self.host.fleets[paused].held.values())
            self.host.now += int(seconds * SECOND)
            self.host.turn(awake)
            for lease in [*self.host.fleets[awake].held.values(), *held]:
                self.write(lease)

    @rule(seconds=st.integers(-10_000_000, 10_000_000))
    def the_wall_clock_jumps(self, seconds: int) -> None:
        self.wall += seconds * SECOND

    @rule(number=FEW)
    def a_replica_loses_the_database_or_finds_it_again(self, number: int) -> None:
        if owner := self.owner(number):
            self.host.lines[owner].is_cut = not self.host.lines[owner].is_cut

    @rule(number=FEW, cleanly=st.booleans())
    def a_replica_ends(self, number: int, cleanly: bool) -> None:
        if owner := self.owner(number):
            end = self.host.stop if cleanly and not self.host.lines[owner].is_cut else self.host.kill
            end(owner)

    @rule()
    def the_host_boots(self) -> None:
        self.host.reboot()

    @rule(number=FEW)
    def a_replica_writes(self, number: int) -> None:
        if owner := self.owner(number):
            for lease in self.host.fleets[owner].held.values():
                self.write(lease)

    def write(self, lease: Lease) -> None:
        """Only the owner's is accepted, a token never goes back, and whoever is sure of its lease is not refused."""
        assert lease.owner is not None
        self.candle += 1
        sure = lease in [each for owner in self.host.fleets for each in self.host.sure_of(owner)]
        if not self.host.write(lease, self.candle):
            assert not sure
            return
        with self.host.database.read() as connection:
            (stored,) = ledger.leases_of(connection, [lease.strategy_id])
        assert (stored.owner, stored.token) == (lease.owner, lease.token)
        assert stored.is_held(self.host.now, self.host.boot())
        token, owner = self.written.get(lease.strategy_id, (0, lease.owner))
        assert lease.token >= token
        assert lease.token > token or lease.owner == owner
        self.written[lease.strategy_id] = lease.token, lease.owner

    @rule()
    def after_a_while_of_peace_all_strategies_run_and_are_shared_fairly(self) -> None:
        if not self.host.fleets:
            self.host.start()
        for line in self.host.lines.values():
            line.is_cut = False
        self.host.run(15, candles=True)
        assert self.host.is_whole()

    @invariant()
    def never_do_two_act_for_one_strategy(self) -> None:
        if hasattr(self, "host"):
            assert max(self.host.believers().values(), default=1) == 1


def test_whatever_happens_nobody_acts_for_a_strategy_that_another_one_runs(migrated_file: Path) -> None:
    Fleets.migrated = migrated_file
    run_state_machine_as_test(Fleets, settings=settings(max_examples=50, stateful_step_count=30))
