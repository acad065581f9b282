import pytest

from simulator.kraken.names import spellings
from simulator.market.instrument import instrument


@pytest.mark.parametrize(
    ("pair", "names"),
    [
        ("BTC/USD", ("XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD")),
        ("ETH/BTC", ("XETHXXBT", "ETHXBT", "ETH/XBT", "ETH/BTC")),
        ("BTC/USDT", ("XBTUSDT", "XBTUSDT", "XBT/USDT", "BTC/USDT")),
        ("SOL/USD", ("SOLUSD", "SOLUSD", "SOL/USD", "SOL/USD")),
        ("DOGE/EUR", ("XXDGZEUR", "XDGEUR", "XDG/EUR", "DOGE/EUR")),
    ],
)
def test_kraken_s_names_of_a_pair(pair: str, names: tuple[str, ...]) -> None:
    assert spellings(instrument(pair, 7)) == names
