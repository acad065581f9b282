"""Who may run a strategy, decided on the boot clock."""

from dataclasses import replace

import pytest

from shared.trading import Lease
from shared.trading.lease import choose

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
    for held in (0, 3):
        assert choose([strange], held, TERM, NOW, BOOT) == strange
    assert replace(strange, owner=None).free_for(NOW, BOOT) == NOW


def test_a_lease_counts_as_free_since_it_ran_out() -> None:
    assert HELD.free_for(NOW, BOOT) is None
    assert HELD.free_for(HELD.expires_us + 3 * SECOND, BOOT) == 3 * SECOND


def test_a_replica_without_work_takes_what_is_free() -> None:
    assert choose([HELD, FREE], held=0, term_us=TERM, now=NOW, boot=BOOT) == FREE


def test_a_replica_without_work_takes_over_as_soon_as_the_owners_lease_runs_out() -> None:
    assert choose([HELD], held=0, term_us=TERM, now=NOW + TERM - 1, boot=BOOT) is None
    assert choose([HELD], held=0, term_us=TERM, now=NOW + TERM, boot=BOOT) == HELD


def test_what_has_been_free_longest_comes_first_then_the_first_by_name() -> None:
    older = replace(FREE, strategy_id="zzz", expires_us=NOW - SECOND)
    same = replace(FREE, strategy_id="aaa")
    assert choose([FREE, older, same], held=0, term_us=TERM, now=NOW, boot=BOOT) == older
    assert choose([FREE, same], held=0, term_us=TERM, now=NOW, boot=BOOT) == same


@pytest.mark.parametrize("held", [1, 3])
def test_a_replica_with_work_adopts_only_what_nobody_wanted_for_two_terms(held: int) -> None:
    orphan = replace(FREE, expires_us=NOW - 2 * TERM)
    assert choose([FREE], held=held, term_us=TERM, now=NOW, boot=BOOT) is None
    assert choose([replace(orphan, expires_us=orphan.expires_us + 1)], held, TERM, NOW, BOOT) is None
    assert choose([FREE, orphan], held=held, term_us=TERM, now=NOW, boot=BOOT) == orphan


def test_there_is_nothing_to_choose_where_all_are_held_or_none_exist() -> None:
    assert choose([HELD], held=0, term_us=TERM, now=NOW, boot=BOOT) is None
    assert choose([], held=0, term_us=TERM, now=NOW, boot=BOOT) is None
