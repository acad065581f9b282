"""The clocks count in the units their names say."""

import time

from shared import clock


def test_the_wall_clock_is_read_in_milliseconds_and_microseconds_since_1970() -> None:
    before = time.time()
    in_ms, in_us = clock.now_ms(), clock.now_us()
    after = time.time()
    assert int(before * 1_000) <= in_ms <= after * 1_000
    assert int(before * 1_000_000) - 1 <= in_us <= after * 1_000_000 + 1


def test_the_boot_clock_never_goes_back() -> None:
    readings = [clock.boot_us() for _ in range(1_000)]
    assert readings == sorted(readings)
    assert readings[0] > 0


def test_all_processes_of_one_boot_agree_on_its_name() -> None:
    assert clock.boot_id()
    assert clock.boot_id() == clock.boot_id()
