"""Whatever is done in whatever order, readers see each candle once, as it is now; sealing makes the counts right."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared.archive import Month, forget, mend, prune, restore, seal, sealable, verify
from shared.archive.place import month_file
from shared.candles import covered, store_page
from shared.candles.revisions import Change, revise
from shared.database import Database, open_database
from shared.errors import RepairError
from shared.market import Candle, Interval, Series, subtract
from tests.integration.shared.archive.months import FEBRUARY, JANUARY, MARCH, counted, everything, states

SERIES = Series("binance", "BTC/USDT", "12h")
WHOLE = Interval(JANUARY.start, MARCH.start)
SLOTS = (WHOLE.end - WHOLE.start) // SERIES.step
MONTHS = st.sampled_from([JANUARY, FEBRUARY])


def candle(slot: int, price: int) -> Candle:
    value = price / 100
    return Candle(WHOLE.start + slot * SERIES.step, value, value, value, value, price / 8)


class AnyOrder(RuleBasedStateMachine):
    """`held` is what the table would hold if nothing were ever archived."""

    migrated: Path

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="chandler-archive-"))
        shutil.copy(self.migrated, self.directory / "trading.db")
        self.database: Database = open_database(f"sqlite:///{self.directory}/trading.db", "normal")
        self.root = self.directory / "archive"
        self.held = {slot: candle(slot, 1_000 + slot) for slot in range(SLOTS) if slot % 7}
        self.price = 2_000
        with self.database.write() as connection:
            store_page(connection, SERIES, list(self.held.values()), WHOLE, now_us=1)

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.database.close()
            shutil.rmtree(self.directory)

    @rule(slot=st.integers(0, SLOTS - 1), length=st.integers(1, 5))
    def a_page_is_stored_again_with_what_was_missing(self, slot: int, length: int) -> None:
        slots = range(slot, min(slot + length, SLOTS))
        page = [self.held.setdefault(each, candle(each, 1_000 + each)) for each in slots]
        part = Interval(page[0].timestamp, page[-1].timestamp + SERIES.step)
        with self.database.write() as connection:
            store_page(connection, SERIES, page, part, now_us=1)

    @rule(slot=st.integers(0, SLOTS - 1))
    def a_candle_is_revised_if_the_table_has_it(self, slot: int) -> None:
        old = self.held.get(slot)
        if old is None:
            return
        self.price += 1
        new = candle(slot, self.price)
        with self.database.write() as connection:
            if revise(connection, SERIES, [Change(old, new)], "verify", 1):
                self.held[slot] = new

    @rule()
    def the_keeper_seals(self) -> None:
        with self.database.read() as connection:
            months = sealable(connection, SERIES, WHOLE.end)
        for month in months:
            seal(self.database, self.root, SERIES, month, 1)

    @rule(month=MONTHS)
    def a_month_is_pruned(self, month: Month) -> None:
        state = states(self.database, SERIES).get(str(month))
        if state is not None and state.is_fresh and self.is_whole(month):
            prune(self.database, self.root, SERIES, month)

    @rule(month=MONTHS)
    def a_month_is_put_back(self, month: Month) -> None:
        state = states(self.database, SERIES).get(str(month))
        if state is not None and state.is_pruned:
            restore(self.database, self.root, SERIES, month)
            assert not states(self.database, SERIES)[str(month)].is_pruned

    @rule(month=MONTHS, place=st.floats(0, 0.99))
    def a_file_is_damaged_and_mended(self, month: Month, place: float) -> None:
        path, state = month_file(self.root, SERIES, month), states(self.database, SERIES).get(str(month))
        if not path.exists() or state is None or not state.is_fresh or state.is_pruned:
            return
        data = bytearray(path.read_bytes())
        data[int(place * len(data))] ^= 8
        path.write_bytes(data)
        for problem in verify(self.database, self.root):
            mend(self.database, self.root, problem, 1)
        assert verify(self.database, self.root) == []

    @precondition(lambda self: any(state.is_pruned for state in states(self.database, SERIES).values()))
    @rule(month=MONTHS)
    def a_file_is_lost_and_its_candles_are_fetched_again(self, month: Month) -> None:
        state = states(self.database, SERIES).get(str(month))
        if state is None or not state.is_pruned:
            return
        month_file(self.root, SERIES, month).unlink()
        with pytest.raises(RepairError):
            everything(self.database, self.root, SERIES)
        forget(self.database, self.root, SERIES, month)
        with self.database.read() as connection:
            gaps = subtract(WHOLE, covered(connection, SERIES))
        for gap in gaps:
            page = [each for each in self.candles() if gap.start <= each.timestamp < gap.end]
            with self.database.write() as connection:
                store_page(connection, SERIES, page, gap, now_us=1)

    @invariant()
    def every_candle_is_seen_once_as_it_is_now(self) -> None:
        if hasattr(self, "held"):
            assert everything(self.database, self.root, SERIES) == [tuple(each) for each in self.candles()]
            pruned = [state for state in states(self.database, SERIES).values() if state.is_pruned]
            # Until the next round a page that was stored again into a pruned month is counted with the file's rows.
            if all(state.is_fresh for state in pruned):
                assert counted(self.database) == len(self.held)

    def candles(self) -> list[Candle]:
        return [self.held[slot] for slot in sorted(self.held)]

    def is_whole(self, month: Month) -> bool:
        with self.database.read() as connection:
            return not subtract(month.interval, covered(connection, SERIES))


def test_in_any_order_every_candle_is_seen_once_and_counted_once(migrated_file: Path) -> None:
    AnyOrder.migrated = migrated_file
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=6,
            stateful_step_count=14,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
