"""The instants that `chandler restore --at` takes."""

import pytest

from console.restore import instant
from shared.errors import ConfigError

NOON = 1_795_176_000_000_000


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T12:00:00.123Z", NOON + 123_000),
        ("2026-11-20T12:00:00.123456Z", NOON + 123_456),
        ("2026-11-20T13:00:00+01:00", NOON),
        ("2026-11-20 06:30:00-05:30", NOON),
        ("1795176000", NOON),
        ("1795176000123", NOON + 123_000),
        ("1795176000123456", NOON + 123_456),
    ],
)
def test_an_instant_is_taken_to_the_microsecond(text: str, us: int) -> None:
    assert instant(text) == us


@pytest.mark.parametrize("text", ["2026-11-20T12:00:00", "yesterday", "20261120", "", "12345", "-1795176000"])
def test_what_may_mean_another_instant_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="write an instant with its offset"):
        instant(text)


def test_the_option_that_it_was_written_for_is_named() -> None:
    with pytest.raises(ConfigError, match="--since noon: write"):
        instant("noon", "--since")
