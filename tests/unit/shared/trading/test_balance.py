"""A row of the balance history says by itself what is free and by how many percent it changed."""

from decimal import Decimal as D

import pytest

from shared.trading import BalanceChange


def change(total: str, by: str, held: str = "0") -> BalanceChange:
    return BalanceChange("rsi", "binance", "USDT", D(total), D(held), D(by), "paper", "trade 1", 1)


def test_what_no_order_holds_is_free() -> None:
    assert change("100", "0", held="30").free == 70


@pytest.mark.parametrize(
    ("total", "by", "percent"),
    [
        ("110", "10", "10"),
        ("90", "-10", "-10"),
        ("0", "-5", "-100"),
        ("5", "5", None),
        ("100", "0", "0"),
        ("4", "1", "33.3333333333"),
    ],
)
def test_a_change_is_told_in_percent_of_what_was_there_before(total: str, by: str, percent: str | None) -> None:
    assert change(total, by).change_percent == (None if percent is None else D(percent))
