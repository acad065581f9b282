"""How replicas share strategies, on a clock that the tests turn."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from shared import ledger
from shared.errors import RetryError
from shared.trading import Lease
from tests.integration.trader.replicas import SECOND, TERM, Host


@pytest.fixture
def host(database_file: Path) -> Iterator[Host]:
    made = Host(database_file, [f"s{n}" for n in range(7)])
    yield made
    made.database.close()


def owners(host: Host) -> dict[str, str | None]:
    with host.database.read() as connection:
        return {lease.strategy_id: lease.owner for lease in ledger.leases_of(connection, host.names)}


def test_a_replica_alone_takes_all_strategies_at_once(host: Host) -> None:
    host.start()
    host.run(0.1)
    assert host.loads() == [7]


def test_replicas_end_up_with_a_fair_share_each(host: Host) -> None:
    for _ in range(3):
        host.start()
    host.run(5, candles=True)
    assert host.loads() == [2, 2, 3]


def test_a_strategy_changes_hands_only_where_its_owner_has_just_decided(host: Host) -> None:
    host.start()
    host.run(1)
    host.start()
    host.run(60)
    assert host.loads() == [0, 7]
    host.run(3, candles=True)
    assert host.loads() == [3, 4]


def test_of_two_that_want_the_same_strategies_at_once_the_first_gets_them(host: Host) -> None:
    slow, quick = host.start(), host.start()

    def load(_: Lease) -> bool:
        host.turn(quick)
        return True

    host.fleets[slow].keep(load)
    assert host.loads() == [3, 4]
    assert set(host.believers().values()) == {1}


def test_a_lease_whose_release_failed_is_kept_and_run_on(host: Host) -> None:
    owner = host.start()
    host.run(1)
    host.lines[owner].is_cut = True
    with pytest.raises(RetryError):
        host.fleets[owner].give_back("s0")
    host.lines[owner].is_cut = False
    host.run(TERM)
    assert host.loads() == [7]


def test_nothing_moves_without_need(host: Host) -> None:
    for _ in range(3):
        host.start()
    host.run(5, candles=True)
    before = owners(host)
    host.run(60, candles=True)
    assert owners(host) == before


def test_replicas_without_a_strategy_stand_by_and_nobody_gives_back_for_them(host: Host) -> None:
    for _ in range(10):
        host.start()
    host.run(5, candles=True)
    assert host.loads() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    before = owners(host)
    host.run(30, candles=True)
    assert owners(host) == before


@pytest.mark.parametrize("replicas", [2, 3, 9])
def test_the_strategies_of_a_killed_replica_are_taken_over_within_fifteen_seconds(host: Host, replicas: int) -> None:
    """By replicas that all have work, and by one that stands by."""
    started = [host.start() for _ in range(replicas)]
    host.run(5, candles=True)
    held = [owner for owner in started if host.fleets[owner].held]
    host.kill(held[0])
    host.run(15)
    assert host.is_whole()


def test_it_takes_a_term_and_a_second_and_not_more(host: Host) -> None:
    first = host.start()
    host.run(3)
    host.start()
    host.kill(first)
    host.run(TERM + 1.1)
    assert host.is_whole()


def test_the_strategies_of_a_replica_that_stops_cleanly_are_taken_over_within_a_second(host: Host) -> None:
    first = host.start()
    host.run(3)
    host.start()
    host.stop(first)
    host.run(1.1)
    assert host.is_whole()


def test_after_a_reboot_all_is_taken_at_once(host: Host) -> None:
    host.start()
    host.run(3)
    host.reboot()
    host.start()
    host.run(0.1)
    assert host.is_whole()


def test_what_those_with_room_can_not_run_another_takes_beyond_its_share(host: Host) -> None:
    host.start()
    unable = host.fleets[host.start()]
    with patch.object(unable, "keep", lambda _: unable.renew()):  # it is there, and claims nothing
        host.run(TERM)
    assert host.loads() == [0, 7]


def test_a_replica_that_can_not_reach_the_database_stops_by_its_own_clock_before_another_begins(host: Host) -> None:
    first, second = host.start(), host.start()
    host.run(5, candles=True)
    host.lines[first].is_cut = True
    for _ in range(200):
        host.now += SECOND // 10
        for owner in (first, second):
            host.turn(owner)
        assert max(host.believers().values()) == 1
    assert len(host.sure_of(second)) == 7


def test_a_paused_replica_that_wakes_up_writes_nothing(host: Host) -> None:
    first, second = host.start(), host.start()
    host.run(5, candles=True)
    lease = next(iter(host.fleets[first].held.values()))
    assert host.write(lease, candle=1)
    for _ in range(20):
        host.now += SECOND
        host.turn(second)
    assert not host.write(lease, candle=2)
    assert host.write(host.fleets[second].held[lease.strategy_id], candle=2)
