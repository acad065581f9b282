"""Leases by the server's clock: replicas on several hosts, none of which has to be right about the time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from unittest.mock import patch

import pytest
import structlog

from shared import ledger
from shared.clock import boot_us, now_us
from shared.database import Database, lease_time, open_database
from shared.errors import LeaseLostError
from shared.trading import Lease
from tests.integration.trader.replicas import settings
from tests.integration.trader.test_replicas import wait_until
from trader.fleet import Fleet

NAMES = ["one", "two"]
TERM = 2.0
SECOND = 1_000_000
DAY = 86_400 * SECOND


class Host:
    """A host with a database session, a replica, and a boot clock of its own."""

    def __init__(self, url: str, owner: str, clock_ahead_us: int = 0, term: float = TERM) -> None:
        self.database = open_database(url)
        self.clock: Callable[[], int] = lambda: boot_us() + clock_ahead_us
        self.fleet = self.start(owner, term)

    def start(self, owner: str, term: float) -> Fleet:
        wanted = {name: settings(name) for name in NAMES}
        with self.database.write() as connection:
            for strategy in wanted.values():
                ledger.register(connection, strategy, now_us(), *lease_time(connection))
        return Fleet(self.database, wanted, owner, term, structlog.get_logger(), clock=self.clock)

    def turn(self) -> None:
        self.fleet.keep(lambda _: True)

    @property
    def sure_of(self) -> list[Lease]:
        """What the replica would act on without asking the database."""
        return [lease for lease in self.fleet.held.values() if self.clock() < lease.expires_us]

    def write(self, lease: Lease, candle: int) -> None:
        """What a trader's transaction does first, and that it moves the cursor."""
        with self.database.write_as(lease.strategy_id) as connection:
            ledger.fence(connection, lease, *lease_time(connection))
            ledger.advance(connection, lease.strategy_id, candle, lease.token, now_us())


@pytest.fixture
def host(url: str) -> Iterator[Callable[..., Host]]:
    made: list[Host] = []

    def make(owner: str, clock_ahead_us: int = 0, term: float = TERM) -> Host:
        made.append(Host(url, owner, clock_ahead_us, term))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


def owners(database: Database) -> set[str | None]:
    with database.read() as connection:
        return {lease.owner for lease in ledger.leases_of(connection, NAMES)}


def holds_all(host: Host, meanwhile: Callable[[], None] = lambda: None) -> Callable[[], bool]:
    def look() -> bool:
        meanwhile()
        host.turn()
        return len(host.sure_of) == len(NAMES)

    return look


@pytest.mark.parametrize(("one_ahead", "other_ahead"), [(0, 0), (300 * DAY, 0), (0, 300 * DAY)])
def test_a_replica_takes_over_from_one_on_another_host_that_fell_silent_and_never_before_that_one_is_done(
    host: Callable[..., Host], one_ahead: int, other_ahead: int
) -> None:
    """Their boot clocks have nothing to do with each other, nor with the server's clock."""
    first, second = host("first", one_ahead), host("second", other_ahead)
    first.turn()
    assert len(first.sure_of) == len(NAMES)

    def both_never() -> None:
        assert not (first.sure_of and second.sure_of)

    wait_until(holds_all(second, both_never), "the second host holds both strategies")
    assert not first.sure_of
    assert owners(second.database) == {"second"}


def test_a_paused_replica_that_wakes_up_writes_nothing(host: Callable[..., Host]) -> None:
    first, second = host("first"), host("second", DAY)
    first.turn()
    before = first.fleet.held["one"]
    first.write(before, candle=1)
    wait_until(holds_all(second), "the second host holds both strategies")
    with pytest.raises(LeaseLostError, match="one belongs to second now"):
        first.write(before, candle=2)
    second.write(second.fleet.held["one"], candle=2)


def test_a_lease_that_ran_out_counts_no_more_also_if_nobody_took_it(host: Callable[..., Host]) -> None:
    only = host("only", term=0.2)
    only.turn()
    lease = only.fleet.held["one"]
    wait_until(lambda: not only.sure_of, "the lease has run out by the host's own clock")

    def is_refused() -> bool:
        try:
            only.write(lease, candle=1)
        except LeaseLostError as error:
            return "ran out before it was renewed" in str(error)
        return False

    wait_until(is_refused, "the server refuses it, too")


@pytest.mark.parametrize("step_seconds", [-3_600, 3_600])
def test_a_wall_clock_that_steps_changes_nothing(host: Callable[..., Host], step_seconds: int) -> None:
    first, second = host("first", term=60), host("second", term=60)
    first.turn()
    lease = first.fleet.held["one"]
    moved = now_us() + step_seconds * SECOND
    with patch("time.time_ns", lambda: moved * 1_000):
        assert now_us() == moved
        second.turn()
        first.turn()
        first.write(lease, candle=1)
        second.turn()
    assert not second.sure_of
    assert owners(first.database) == {"first"}
    with first.database.read() as connection:
        assert all(each.is_held(*lease_time(connection)) for each in ledger.leases_of(connection, NAMES))


def test_what_a_replica_waited_for_the_server_does_not_lengthen_its_lease(host: Callable[..., Host]) -> None:
    """Its own clock counts from before it asked, the server's from when it answered."""
    renewing, busy = host("renewing", term=6), host("busy")
    renewing.turn()
    due = renewing.clock() + 2 * SECOND
    with ThreadPoolExecutor(1) as pool:
        wait_until(lambda: renewing.clock() >= due, "a third of the term is over")
        with busy.database.write():
            asking = pool.submit(renewing.turn)
            assert wait([asking], timeout=0.2).not_done
        asking.result(timeout=30)
    own_left = max(lease.expires_us for lease in renewing.fleet.held.values()) - renewing.clock()
    with renewing.database.read() as connection:
        leases, now = ledger.leases_of(connection, NAMES), lease_time(connection).now_us
    assert own_left < min(lease.expires_us for lease in leases) - now


def test_leases_from_another_database_are_void_here(host: Callable[..., Host]) -> None:
    """As after a move from SQLite: their times are those of a host's boot clock."""
    first = host("first")
    with first.database.write() as connection:
        (lease, _) = ledger.leases_of(connection, NAMES)
        ahead = lease_time(connection).now_us + SECOND
        ledger.claim(connection, lease, "from a file", ahead, "a-boot-of-a-host", now_us())
    first.turn()
    assert owners(first.database) == {"first"}


def test_a_stop_gives_the_strategies_to_others_at_once(host: Callable[..., Host]) -> None:
    first, second = host("first", term=60), host("second", DAY, term=60)
    first.turn()
    first.fleet.leave()
    assert owners(first.database) == {None}
    second.turn()
    assert len(second.sure_of) == len(NAMES)
