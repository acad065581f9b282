"""What an exchange's headers leave of its limit."""

import pytest

from shared.exchange.usage import Left, read_usage

MINUTE = 1_700_000_040_000


def test_binance_tells_the_weight_that_everybody_on_the_address_has_used() -> None:
    left = read_usage("binance", {"X-MBX-USED-WEIGHT-1M": "2940"}, 1.0, MINUTE + 20_000)
    assert left == Left(600.0, 40.0)  # (5940 - 2940) / 5 weight a unit of cost


def test_a_share_is_a_share_of_the_limit() -> None:
    left = read_usage("binance", {"x-mbx-used-weight-1m": "3000"}, 0.5, MINUTE)
    assert left is not None
    assert left.cost < 0


@pytest.mark.parametrize(
    ("reset", "seconds"), [("7", 7.0), ("1700000045", 5.0), ("1700000043000", 3.0), ("soon", 1.0), ("-4", 0.0)]
)
def test_elsewhere_nothing_left_until_a_moment_told_in_whatever_way(reset: str, seconds: float) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    assert read_usage("somewhere", headers, 1.0, MINUTE) == Left(0.0, seconds)


@pytest.mark.parametrize(
    ("exchange", "headers"),
    [
        ("binance", {}),
        ("binance", {"x-mbx-used-weight-1m": "many"}),
        ("kraken", {"Date": "today"}),
        ("somewhere", {"x-ratelimit-remaining": "17"}),
    ],
)
def test_where_nothing_is_said_nothing_is_read(exchange: str, headers: dict[str, str]) -> None:
    assert read_usage(exchange, headers, 1.0, MINUTE) is None
