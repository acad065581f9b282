"""Who may ask the console."""

import pytest

from console.web.guard import is_our_name


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", "[::1]", "192.168.1.5:80", "desk.lan:8080"]
)
def test_addresses_and_the_configured_name_are_ours(host: str) -> None:
    assert is_our_name(host, configured="desk.lan")


@pytest.mark.parametrize("host", ["evil.example:8080", "127.0.0.1.evil.example", "", "localhost.evil.example:8080"])
def test_a_name_somebody_else_pointed_at_us_is_not(host: str) -> None:
    assert not is_our_name(host, configured="desk.lan")
