from decimal import Decimal

import pytest

from simulator.options import DIALECTS, exchange_from, parser


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
        (["--thin", "BTC/USDT=0.5"], "kraken or coinbase"),
        (["--dialect", "kraken", "--thin", "BTC/USD=2"], "up to 1"),
        (["--dialect", "kraken", "--thin", "BTC/EUR=0.5"], "no such symbol"),
        (["--listed", "BTC/USDT=march"], "YYYY-MM-DD"),
        (["--dialect", "coinbase", "--replay", "some.csv"], "use binance"),
    ],
)
def test_a_wrong_option_says_what_was_expected(arguments: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        exchange_from(parser().parse_args(arguments))


def test_a_listed_symbol_begins_on_its_day_however_far_back() -> None:
    exchange = exchange_from(parser().parse_args(["--listed", "BTC/USDT=2019-03-01"]))
    assert exchange.markets["BTCUSDT"].since_ms(60_000) == 1_551_398_400_000
    assert exchange.markets["ETHUSDT"].since_ms(60_000) > 1_551_398_400_000


def test_each_dialect_has_its_symbols_and_its_limit() -> None:
    limits = [exchange_from(parser().parse_args(["--dialect", name])).weight_limit for name in DIALECTS]
    assert limits == [6000, 60, 600]
    kraken = exchange_from(parser().parse_args(["--dialect", "kraken", "--weight-limit", "0"]))
    assert kraken.weight_limit == 0
    assert kraken.market("XXBTZUSD") is kraken.market("XBTUSD") is kraken.any_market("BTC/USD")
