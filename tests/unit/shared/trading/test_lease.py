"""Who may run a strategy, decided on the boot clock."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.trading import Lease, Presence
from shared.trading.lease import choose, fair_share

BOOT, SECOND = "boot-1", 1_000_000
TERM = 8 * SECOND
NOW = 1_000 * SECOND

HELD = Lease("rsi-btc", owner="a1@host", token=4, expires_us=NOW + TERM, boot_id=BOOT)
FREE = Lease("ema-eth", owner=None, token=1, expires_us=NOW, boot_id=BOOT)


def test_a_lease_is_held_until_the_microsecond_it_expires() -> None:
    assert HELD.is_held(HELD.expires_us - 1, BOOT)
    assert not HELD.is_held(HELD.expires_us, BOOT)


def test_a_released_lease_is_held_by_nobody() -> None:
    assert not replace(HELD, owner=None).is_held(NOW, BOOT)


def test_a_lease_from_before_the_hosts_reboot_is_void() -> None:
    assert not HELD.is_held(NOW, "boot-2")
    assert HELD.free_for(NOW, "boot-2") == NOW


def test_a_lease_that_expires_later_than_any_term_reaches_is_of_another_boot_whatever_its_name_and_void() -> None:
    hour = 3_600 * SECOND
    strange = replace(HELD, expires_us=NOW + hour + 1)
    assert replace(HELD, expires_us=NOW + hour).is_held(NOW, BOOT)
    assert not strange.is_held(NOW, BOOT)
    assert choose([strange], 1, TERM, NOW, BOOT) == [strange]
    assert replace(strange, owner=None).free_for(NOW, BOOT) == NOW


def test_a_lease_counts_as_free_since_it_ran_out() -> None:
    assert HELD.free_for(NOW, BOOT) is None
    assert HELD.free_for(HELD.expires_us + 3 * SECOND, BOOT) == 3 * SECOND


def held_by(*owners: str) -> list[Lease]:
    """One strategy for each owner named; nobody holds those of an owner without a name."""
    return [
        Lease(f"s{n:03}", owner or None, 1, NOW + TERM if owner else NOW - TERM + n, BOOT)
        for n, owner in enumerate(owners)
    ]


def shares(leases: list[Lease], replicas: list[str]) -> dict[str, int]:
    return {mine: fair_share(leases, replicas, mine, NOW, BOOT) for mine in replicas}


def test_a_replica_that_has_not_said_so_lately_is_not_there() -> None:
    seen = Presence("a", asks=False, expires_us=NOW + TERM, boot_id=BOOT)
    assert seen.is_there(NOW, BOOT)
    assert not seen.is_there(NOW + TERM, BOOT)
    assert not seen.is_there(NOW, "boot-2")


def test_a_replica_alone_should_hold_all() -> None:
    assert shares(held_by("", "", ""), ["a"]) == {"a": 3}


def test_replicas_share_the_strategies_equally_and_who_has_more_keeps_the_odd_one() -> None:
    assert shares(held_by("b", "b", "a", "", ""), ["a", "b"]) == {"a": 2, "b": 3}
    assert shares(held_by("a", "a", "b", "b"), ["a", "b", "c"]) == {"a": 2, "b": 1, "c": 1}


def test_with_more_replicas_than_strategies_some_stand_by() -> None:
    assert shares(held_by("b"), ["a", "b", "c"]) == {"a": 0, "b": 1, "c": 0}
    assert shares(held_by(""), ["a", "b", "c"]) == {"a": 1, "b": 0, "c": 0}


def test_a_replica_that_has_gone_has_no_share() -> None:
    assert shares([replace(lease, expires_us=NOW) for lease in held_by("gone", "gone")], ["a"]) == {"a": 2}


@given(st.lists(st.sampled_from(["", "a", "b", "c", "gone"]), max_size=30), st.sets(st.sampled_from("abc"), min_size=1))
def test_the_shares_are_all_the_strategies_and_differ_by_one_at_most(owners: list[str], there: set[str]) -> None:
    found = shares(held_by(*owners), sorted(there))
    assert sum(found.values()) == len(owners)
    assert max(found.values()) - min(found.values()) <= 1


def test_a_replica_with_room_takes_what_is_free_as_soon_as_the_lease_runs_out() -> None:
    assert choose([HELD, FREE], 1, TERM, NOW, BOOT) == [FREE]
    assert choose([HELD], 1, TERM, NOW + TERM - 1, BOOT) == []
    assert choose([HELD], 1, TERM, NOW + TERM, BOOT) == [HELD]


def test_what_has_been_free_longest_comes_first_then_the_first_by_name() -> None:
    older = replace(FREE, strategy_id="zzz", expires_us=NOW - SECOND)
    same = replace(FREE, strategy_id="aaa")
    assert choose([FREE, older, same], 3, TERM, NOW, BOOT) == [older, same, FREE]
    assert choose([FREE, older, same], 1, TERM, NOW, BOOT) == [older]


def test_beyond_its_share_a_replica_takes_only_what_nobody_wanted_for_long() -> None:
    orphan = replace(FREE, expires_us=NOW - TERM)
    assert choose([FREE], 0, TERM, NOW, BOOT) == []
    assert choose([replace(orphan, expires_us=orphan.expires_us + 1)], 0, TERM, NOW, BOOT) == []
    assert choose([FREE, orphan], 0, TERM, NOW, BOOT) == [orphan]


def test_there_is_nothing_to_choose_where_all_are_held_or_none_exist() -> None:
    assert choose([HELD], 5, TERM, NOW, BOOT) == []
    assert choose([], 5, TERM, NOW, BOOT) == []
