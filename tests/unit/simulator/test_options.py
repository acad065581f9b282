from decimal import Decimal

import pytest

from simulator.options import exchange_from, parser


def test_the_options_become_an_exchange() -> None:
    given = parser().parse_args(
        ["--symbols", "BTC/USDT,NEW/EUR", "--balance", "EUR=5.5", "--fault", "kind=drop,share=0.5",
         "--outage", "BTCUSDT", "1000", "2000"]
    )  # fmt: skip
    exchange = exchange_from(given)
    assert list(exchange.markets) == ["BTCUSDT", "NEWEUR"]
    assert exchange.markets["BTCUSDT"].outages == [(1000, 2000)]
    assert exchange.account.balances.of("EUR").free == Decimal("5.5")
    assert exchange.faults[0].share == 0.5


def test_the_secret_is_not_shown() -> None:
    exchange = exchange_from(parser().parse_args(["--secret", "hush"]))
    assert "hush" not in repr(exchange.credentials)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--symbols", "BTCUSDT"], "BASE/QUOTE"),
        (["--balance", "USDT"], "ASSET=AMOUNT"),
        (["--outage", "DOGEUSDT", "0", "1"], "no such symbol"),
        (["--fault", "kind=flood"], "unknown fault"),
    ],
)
def test_a_wrong_option_says_what_was_expected(arguments: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        exchange_from(parser().parse_args(arguments))
